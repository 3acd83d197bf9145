using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AngoGateway.Configuration;
using AngoGateway.Operator;
using AngoGateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace AngoGateway.Tests.Operator;

public sealed class AccessTests
{
    private static readonly OperatorTokens NoTokens = OperatorTokens.Compile(new OperatorConfig(), _ => []);

    private static readonly OperatorTokens TwoTokens =
        OperatorTokens.Compile(new OperatorConfig(["env:NEW", "env:OLD"]), reference => Encoding.UTF8.GetBytes($"token of {reference}"));

    [Theory]
    [InlineData("127.0.0.1", "localhost:8081", null)]
    [InlineData("127.0.0.1", "LOCALHOST", null)]
    [InlineData("127.8.9.1", "127.0.0.1:8081", null)]
    [InlineData("::1", "[::1]:8081", null)]
    [InlineData("::ffff:127.0.0.1", "127.0.0.1", null)]
    [InlineData("127.0.0.1", "rebound.example:8081", 403)]
    [InlineData("127.0.0.1", "localhost.example", 403)]
    [InlineData("127.0.0.1", "10.0.0.7", 403)]
    [InlineData("127.0.0.1", "", 403)]
    [InlineData("10.0.0.7", "localhost", 403)]
    [InlineData("::ffff:10.0.0.7", "127.0.0.1", 403)]
    [InlineData(null, "localhost", 403)]
    public void Without_tokens_only_this_machine_under_a_local_name_may(string? from, string host, int? refused) =>
        Assert.Equal(refused, Refusal(NoTokens, "GET", http =>
        {
            http.Connection.RemoteIpAddress = from is null ? null : IPAddress.Parse(from);
            http.Request.Headers.Host = host;
        }));

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    public void Without_tokens_a_request_that_came_through_a_proxy_may_not(string header) =>
        Assert.Equal(403, Refusal(NoTokens, "GET", http =>
        {
            (http.Connection.RemoteIpAddress, http.Request.Headers.Host) = (IPAddress.Loopback, "localhost");
            http.Request.Headers[header] = "for=10.0.0.7";
        }));

    [Theory]
    [InlineData("Bearer token of env:NEW", null)]
    [InlineData("bearer token of env:OLD", null)]
    [InlineData("Bearer token of env:ne", 401)]
    [InlineData("Bearer token of env:NEW2", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic token of env:NEW", 401)]
    [InlineData(null, 401)]
    public void With_tokens_each_of_them_opens_from_anywhere_and_nothing_else_does(string? authorization, int? refused)
    {
        Assert.Equal(refused, Refusal(TwoTokens, "GET", http => From("10.0.0.7", http)));
        Assert.Equal(refused, Refusal(TwoTokens, "GET", http => From("127.0.0.1", http)));

        void From(string address, HttpContext http)
        {
            (http.Connection.RemoteIpAddress, http.Request.Headers.Host) = (IPAddress.Parse(address), "localhost");
            http.Request.Headers.Authorization = authorization;
        }
    }

    [Theory]
    [InlineData("GET", null, null)]
    [InlineData("POST", "application/json", null)]
    [InlineData("POST", "application/json; charset=utf-8", null)]
    [InlineData("POST", null, 415)]
    [InlineData("POST", "text/plain", 415)]
    [InlineData("POST", "text/plain; application/json", 415)]
    [InlineData("POST", "application/x-www-form-urlencoded", 415)]
    [InlineData("POST", "multipart/form-data; boundary=x", 415)]
    public void A_change_is_taken_as_JSON_only_so_that_no_web_page_can_post_one(string method, string? type, int? refused) =>
        Assert.Equal(refused, Refusal(NoTokens, method, http =>
        {
            (http.Connection.RemoteIpAddress, http.Request.Headers.Host) = (IPAddress.Loopback, "localhost");
            http.Request.ContentType = type;
        }));

    [Fact]
    public async Task Tokens_are_in_force_after_a_reload_and_health_stays_open()
    {
        var folder = Directory.CreateTempSubdirectory("ango-gateway-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "token"), "s3same\n");
            await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""", folder);
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway.Admin));

            await gateway.RewriteAsync("""{ "journal": { "type": "memory" }, "operator": { "tokens": "file:token" } }""");
            await gateway.WaitForLogAsync("is in force", OperatorHost.Soon);

            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway.Admin));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway.Admin, "s3same"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway.Admin, "sesame"));
            Assert.Equal("ok\n", await gateway.Admin.GetStringAsync("/healthz"));
            Assert.Contains("ready", await gateway.Admin.GetStringAsync("/readyz"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_foreign_Host_is_told_what_to_configure_and_the_public_listener_has_no_API()
    {
        await using var gateway = await GatewayHost.StartAsync("""{ "journal": { "type": "memory" } }""");
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/consumers");
        rebound.Headers.Host = "rebound.example";
        using var answer = await gateway.Admin.SendAsync(rebound);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("operator.tokens", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var edge = await gateway.Public.GetAsync("/api/consumers");
        Assert.Equal(HttpStatusCode.NotFound, edge.StatusCode);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient admin, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/consumers");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await admin.SendAsync(request);
        return response.StatusCode;
    }

    private static int? Refusal(OperatorTokens tokens, string method, Action<HttpContext> make)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        make(http);
        return (AccessRules.Refusal(http, tokens) as IStatusCodeHttpResult)?.StatusCode;
    }
}

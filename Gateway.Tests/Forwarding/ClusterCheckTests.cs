using System.Text.Json;
using AngoGateway.Consumers;
using AngoGateway.Forwarding;

namespace AngoGateway.Tests.Forwarding;

public sealed class ClusterCheckTests
{
    private const string Addresses = "\"Destinations\": { \"a\": { \"Address\": \"http://a:9000\" } }";

    // The cluster with all properties of YARP's documentation, its mixture of true and "true" included.
    [Fact]
    public void The_cluster_of_yarps_documentation_is_taken() => Assert.Empty(Check("""
        {
          "Destinations": {
            "first_destination": { "Address": "https://contoso.com" },
            "another_destination": {
              "Address": "https://10.20.30.40", "Health": "https://10.20.30.40:12345/test", "Host": "contoso", "Metadata": { "SomeKey": "SomeValue" }
            }
          },
          "LoadBalancingPolicy": "PowerOfTwoChoices",
          "SessionAffinity": {
            "Enabled": true, "Policy": "HashCookie", "FailurePolicy": "Redistribute", "AffinityKeyName": "MySessionCookieName",
            "Cookie": {
              "Domain": "localhost", "Expiration": "03:00:00", "HttpOnly": true, "IsEssential": true, "MaxAge": "1.00:00:00",
              "Path": "mypath", "SameSite": "Strict", "SecurePolicy": "Always"
            }
          },
          "HealthCheck": {
            "Active": {
              "Enabled": "true", "Interval": "00:00:10", "Timeout": "00:00:10", "Policy": "ConsecutiveFailures", "Path": "/api/health", "Query": "?foo=bar"
            },
            "Passive": { "Enabled": true, "Policy": "TransportFailureRate", "ReactivationPeriod": "00:00:10" },
            "AvailableDestinationsPolicy": "HealthyOrPanic"
          },
          "HttpClient": {
            "SSLProtocols": "Tls13", "DangerousAcceptAnyServerCertificate": false, "MaxConnectionsPerServer": "1024",
            "EnableMultipleHttp2Connections": true, "RequestHeaderEncoding": "Latin1", "ResponseHeaderEncoding": "Latin1",
            "WebProxy": { "Address": "http://myproxy:8080", "BypassOnLocal": true, "UseDefaultCredentials": false }
          },
          "HttpRequest": { "ActivityTimeout": "00:02:00", "Version": "2", "VersionPolicy": "RequestVersionOrLower", "AllowResponseBuffering": "false" },
          "Metadata": { "TransportFailureRateHealthPolicy.RateLimit": "0.5", "MyKey": "MyValue" },
          "Transforms": [ { "RequestHeaderOriginalHost": "true" }, { "X-Forwarded": "Off" } ]
        }
        """));

    [Theory]
    [InlineData("""{ "Destination": {} }""", "$.Destination", "unknown key: write one of LoadBalancingPolicy, ")]
    [InlineData("""{ "ClusterId": "x" }""", "$.ClusterId", "unknown key: ")]
    [InlineData("""{ "HealthCheck": { "Active": { "Intervall": "00:00:10" } } }""", "$.HealthCheck.Active.Intervall", "unknown key: write one of Enabled, Interval, ")]
    [InlineData("""{ "HealthCheck": { "Active": { "Interval": 10 } } }""", "$.HealthCheck.Active.Interval", "write a duration such as \"00:00:10\"")]
    [InlineData("""{ "HealthCheck": { "Passive": { "Enabled": "yes" } } }""", "$.HealthCheck.Passive.Enabled", "write true or false")]
    [InlineData("""{ "HealthCheck": [] }""", "$.HealthCheck", "write an object with any of Passive, Active, AvailableDestinationsPolicy")]
    [InlineData("""{ "HttpRequest": { "Version": "two" } }""", "$.HttpRequest.Version", "write \"1.1\", \"2\" or \"3\"")]
    [InlineData("""{ "HttpRequest": { "VersionPolicy": "Exact" } }""", "$.HttpRequest.VersionPolicy", "write one of RequestVersionOrLower, RequestVersionOrHigher, RequestVersionExact")]
    [InlineData("""{ "HttpClient": { "SslProtocols": ["Tls9"] } }""", "$.HttpClient.SslProtocols", "write an array of \"Tls12\" and \"Tls13\"")]
    [InlineData("""{ "HttpClient": { "MaxConnectionsPerServer": 1.5 } }""", "$.HttpClient.MaxConnectionsPerServer", "write a whole number")]
    [InlineData("""{ "HttpClient": { "WebProxy": { "Address": "127.0.0.1" } } }""", "$.HttpClient.WebProxy.Address", "write an absolute address")]
    [InlineData("""{ "Metadata": { "a.b": 1 } }""", "$.Metadata['a.b']", "write a text in quotes")]
    [InlineData("""{ "Destinations": { "a": { "Address": "http://a" }, "A": { "Address": "http://b" } } }""", "$.Destinations.A", "this key is here twice")]
    [InlineData("""{ "destinations": { "a": { "Address": "http://a" } } }""", "$.destinations", "unknown key: write it as YARP does, \"Destinations\"")]
    [InlineData("""{ "Destinations": { "a": { "address": "http://a" } } }""", "$.Destinations.a.address", "unknown key: write it as YARP does, \"Address\"")]
    [InlineData("""{ "transforms": [] }""", "$.transforms", "unknown key: write it as YARP does, \"Transforms\"")]
    [InlineData("""{ "Destinations": { "a": null } }""", "$.Destinations.a", "write an object with any of Address, ")]
    [InlineData("""{ "Destinations": { "a": "http://a" } }""", "$.Destinations.a", "write an object with any of Address, ")]
    [InlineData("""{ "Transforms": { "PathSet": "/" } }""", "$.Transforms", "write an array")]
    [InlineData("""{ "Transforms": [ { "RequestHeadersCopy": true } ] }""", "$.Transforms[0].RequestHeadersCopy", "write a text in quotes")]
    [InlineData("[]", "$", "write an object with any of ")]
    public void A_wrong_shape_is_named_with_its_path_and_the_remedy(string cluster, string path, string message) =>
        IsFault(path, message, Assert.Single(Check(cluster)));

    [Theory]
    [InlineData("{}", "$.Destinations", "no address: write at least one")]
    [InlineData("""{ "Destinations": {} }""", "$.Destinations", "no address: write at least one")]
    [InlineData("""{ "Destinations": { "a": {} } }""", "$.Destinations.a.Address", "not an address: write http:// or https://")]
    [InlineData("""{ "Destinations": { "a": { "Address": "a:9000" } } }""", "$.Destinations.a.Address", "not an address: write http:// or https://")]
    [InlineData("""{ "Destinations": { "a": { "Address": "http://a/?x=1" } } }""", "$.Destinations.a.Address", "leave out everything from ? on")]
    [InlineData("""{ "Destinations": { "a": { "Address": "http://u:p@a" } } }""", "$.Destinations.a.Address", "a user and password")]
    [InlineData("""{ "Destinations": { "a": { "Address": "http://a", "Health": "x" } } }""", "$.Destinations.a.Health", "not an address")]
    public void Addresses_must_be_addresses(string cluster, string path, string message) =>
        IsFault(path, message, Assert.Single(Check(cluster)));

    [Theory]
    [InlineData("\"LoadBalancingPolicy\": \"Fair\"", "$.LoadBalancingPolicy", "write one of FirstAlphabetical, LeastRequests, PowerOfTwoChoices, Random, RoundRobin")]
    [InlineData("\"HealthCheck\": { \"AvailableDestinationsPolicy\": \"x\" }", "$.HealthCheck.AvailableDestinationsPolicy", "write one of HealthyAndUnknown, HealthyOrPanic")]
    [InlineData("\"HealthCheck\": { \"Active\": { \"Enabled\": true, \"Policy\": \"x\" } }", "$.HealthCheck.Active.Policy", "write one of ConsecutiveFailures")]
    [InlineData("\"HealthCheck\": { \"Active\": { \"Enabled\": true, \"Interval\": \"00:00:00\" } }", "$.HealthCheck.Active.Interval", "write a duration above zero")]
    [InlineData("\"HealthCheck\": { \"Active\": { \"Enabled\": true, \"Timeout\": \"00:00:00\" } }", "$.HealthCheck.Active.Timeout", "write a duration above zero")]
    [InlineData("\"HealthCheck\": { \"Passive\": { \"Enabled\": true, \"Policy\": \"x\" } }", "$.HealthCheck.Passive.Policy", "write one of TransportFailureRate")]
    [InlineData("\"HealthCheck\": { \"Passive\": { \"Enabled\": true, \"ReactivationPeriod\": \"-00:00:01\" } }", "$.HealthCheck.Passive.ReactivationPeriod", "write a duration above zero")]
    [InlineData("\"SessionAffinity\": { \"Enabled\": true }", "$.SessionAffinity.AffinityKeyName", "write the name of the cookie or header")]
    [InlineData("\"SessionAffinity\": { \"Enabled\": true, \"AffinityKeyName\": \"k\", \"Policy\": \"x\" }", "$.SessionAffinity.Policy", "write one of ArrCookie, Cookie, CustomHeader, HashCookie")]
    [InlineData("\"SessionAffinity\": { \"Enabled\": true, \"AffinityKeyName\": \"k\", \"FailurePolicy\": \"x\" }", "$.SessionAffinity.FailurePolicy", "write one of Redistribute, Return503Error")]
    [InlineData("\"SessionAffinity\": { \"Enabled\": true, \"AffinityKeyName\": \"k\", \"Cookie\": { \"MaxAge\": \"00:00:00\" } }", "$.SessionAffinity.Cookie.MaxAge", "write a duration above zero")]
    [InlineData("\"SessionAffinity\": { \"Enabled\": true, \"AffinityKeyName\": \"k\", \"Cookie\": { \"Expiration\": \"00:00:00\" } }", "$.SessionAffinity.Cookie.Expiration", "write a duration above zero")]
    [InlineData("\"HttpClient\": { \"MaxConnectionsPerServer\": 0 }", "$.HttpClient.MaxConnectionsPerServer", "write a number above zero")]
    [InlineData("\"HttpClient\": { \"RequestHeaderEncoding\": \"x\" }", "$.HttpClient.RequestHeaderEncoding", "write a name such as")]
    [InlineData("\"HttpClient\": { \"ResponseHeaderEncoding\": \"x\" }", "$.HttpClient.ResponseHeaderEncoding", "write a name such as")]
    [InlineData("\"HttpRequest\": { \"Version\": \"4\" }", "$.HttpRequest.Version", "write \"1.1\", \"2\" or \"3\"")]
    public void What_yarp_refuses_is_named_with_its_path_and_the_remedy(string setting, string path, string remedy) =>
        IsFault(path, "YARP does not take this: " + remedy, Assert.Single(Check($"{{ {Addresses}, {setting} }}")));

    [Theory]
    [InlineData("""{ "PathSets": "/" }""", "Unknown transform: PathSets")]
    [InlineData("""{ "RequestHeader": "X-A" }""", "Unexpected parameters for RequestHeader: RequestHeader. Expected 'Set' or 'Append'")]
    [InlineData("""{ "PathPattern": "/{a/" }""", "There is an incomplete parameter in the route template")]
    public void A_transform_that_yarp_does_not_know_is_named(string transform, string message) =>
        IsFault("$.Transforms[1]", message, Assert.Single(Check($$"""{ {{Addresses}}, "Transforms": [ { "PathPrefix": "/a" }, {{transform}} ] }""")));

    [Fact]
    public void All_faults_come_at_once() => Assert.Equal(
        ["$.Foo", "$.HealthCheck.Active.Bar", "$.HttpRequest.Version", "$.Metadata.x"],
        Check("""{ "Foo": 1, "HealthCheck": { "Active": { "Bar": 1 } }, "HttpRequest": { "Version": "x" }, "Metadata": { "x": 1 } }""")
            .Select(fault => fault.Path).Order(StringComparer.Ordinal));

    private static ClusterFault[] Check(string cluster)
    {
        ClusterCheck check = Clusters.Check;
        return [.. check(JsonElement.Parse(cluster))];
    }

    private static void IsFault(string path, string message, ClusterFault fault)
    {
        Assert.Equal(path, fault.Path);
        Assert.StartsWith(message, fault.Message, StringComparison.Ordinal);
        Assert.False(fault.Message.EndsWith('.'));
    }
}

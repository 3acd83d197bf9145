using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace AngoGateway.Configuration;

/// <summary><c>listen</c>: a change of an address needs a restart.</summary>
/// <param name="Public">The edge: webhooks only. Port 0 takes a free one.</param>
/// <param name="Admin">Health for machines and the operator's side; never reachable through the public listener.</param>
/// <param name="Drain">
/// After SIGTERM <c>/readyz</c> says draining for so long while webhooks are still taken, so that a load balancer can look
/// elsewhere before the listeners close. Default 1 s; a balancer that probes every 5 s wants more.
/// </param>
internal sealed partial record ListenConfig(
    string Public = "http://0.0.0.0:8080",
    string Admin = "http://127.0.0.1:8081",
    [property: DefaultValue("00:00:01")]
    [Range(typeof(TimeSpan), "00:00:00", "00:00:15")]
    TimeSpan? Drain = null) : IValidatableObject
{
    [JsonIgnore]
    public TimeSpan DrainTime => Drain ?? TimeSpan.FromSeconds(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var edge = Read(Public, out var edgeFault);
        var admin = Read(Admin, out var adminFault);
        if (edgeFault is not null)
            yield return new($"{edgeFault}: write e.g. \"http://0.0.0.0:8080\"", [nameof(Public)]);
        if (adminFault is not null)
            yield return new($"{adminFault}: write e.g. \"http://127.0.0.1:8081\"", [nameof(Admin)]);

        if (edge is not null && admin is not null && edge.Port == admin.Port && edge.Port != 0
            && (IsAny(edge) || IsAny(admin) || Host(edge) == Host(admin)))
            yield return new($"admin takes port {admin.Port}, which is public's: give the admin side a port of its own", [nameof(Admin), nameof(Public)]);
    }

    /// <summary>What is wrong with an address to listen on; null when it can be tried.</summary>
    public static string? FaultOf(string url)
    {
        Read(url, out var fault);
        return fault;
    }

    private static BindingAddress? Read(string url, out string? fault)
    {
        fault = null;
        BindingAddress? address = null;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            fault = "is no address to listen on";
            return null;
        }

        fault = address switch
        {
            { IsUnixPipe: true } or { IsNamedPipe: true } => "is a pipe, which is not supported",
            { Scheme: not ("http" or "https") } => "is neither http:// nor https://",
            { PathBase.Length: > 0 } => "has a path, which a listener cannot have",
            { Port: < 0 or > 65535 } => "has no port from 0 to 65535",
            // Kestrel takes any other name for "all addresses": the admin side would stand open.
            _ when !IsAny(address) && Host(address) is not ("localhost" or "127.0.0.1") && !IPAddress.TryParse(address.Host.Trim('[', ']'), out _) =>
                "names no IP address, nor localhost, nor * for all",
            // Without one Kestrel takes 80 or 443: hardly what was meant, and seldom allowed.
            _ when !HasPort().IsMatch(url) => "names no port",
            { Port: 0, Host: "localhost" } => "takes a free port on localhost, which may differ between IPv4 and IPv6",
            _ => null,
        };
        return fault is null ? address : null;
    }

    [GeneratedRegex(@":-?[0-9]+/?\z", RegexOptions.None, 1000)]
    private static partial Regex HasPort();

    private static bool IsAny(BindingAddress address) => address.Host is "*" or "+" or "0.0.0.0" or "[::]";

    private static string Host(BindingAddress address) => address.Host is "localhost" or "[::1]" ? "127.0.0.1" : address.Host;
}

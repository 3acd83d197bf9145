using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace AngoGateway.Consumers;

/// <summary>One entry of <c>consumers</c>: an internal service that wants events.</summary>
/// <param name="Url">Short form: one address, path included. Exactly one of <c>url</c> and <c>cluster</c> is given.</param>
/// <param name="Path">With <c>cluster</c>: the path every request is sent to. Default <c>/</c>.</param>
/// <param name="Cluster">
/// YARP's ClusterConfig as YARP documents it, plus <c>Transforms</c> (which YARP keeps on routes; a consumer has one).
/// </param>
/// <param name="Delivery">How deliveries are tried; the defaults when absent.</param>
internal sealed record ConsumerConfig(
    string? Url = null,
    [property: DefaultValue("/")]
    [RegularExpression("^/[^?#*\\s]*$", ErrorMessage = "is no path: write \"/\" and then no ?, #, * or space, e.g. \"/webhooks\"")]
    string? Path = null,
    JsonElement? Cluster = null,
    DeliveryConfig? Delivery = null) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is null && Cluster is null)
            yield return new("needs an address: write \"url\": \"http://training:9000/ango\", or \"cluster\" for several", [nameof(Url), nameof(Cluster)]);

        if (Url is not null && Cluster is not null)
            yield return new("stands beside cluster: keep one of them", [nameof(Url), nameof(Cluster)]);

        if (Url is not null && Path is not null)
            yield return new("stands beside url, which holds the path already: write it there, or use \"cluster\"", [nameof(Path), nameof(Url)]);

        // Not repeated: it may hold a password.
        if (Url is not null && FaultOf(Url) is { } fault)
            yield return new($"{fault}: write e.g. \"http://training:9000/ango\"", [nameof(Url)]);
    }

    private static string? FaultOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) switch
    {
        false => "is no absolute URL",
        _ when !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) =>
            "is neither http:// nor https://",
        _ when url.Any(char.IsWhiteSpace) || uri!.Host.Length == 0 || uri.Port == 0 => "is no address that can be reached",
        _ when uri.UserInfo.Length > 0 || url.Contains('@') => "holds a user's name or password, which is not for this file (use a header transform of a cluster)",
        _ when url.Contains('?') => "holds a query string, which no request carries on",
        _ when url.Contains('#') => "holds a fragment, which no request carries",
        _ => null,
    };
}

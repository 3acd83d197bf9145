using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AngoGateway.Forwarding;

/// <summary>
/// YARP's configuration records from JSON. YARP itself reads them through IConfiguration, where every value is text: its
/// documented examples mix <c>true</c> with <c>"true"</c> and <c>10</c> with <c>"10"</c>, so both are taken.
/// </summary>
internal static class ClusterJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNameCaseInsensitive = true,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Converters =
        {
            new TextConverter<bool>(bool.Parse),
            new TextConverter<Version>(Version),
            new SslProtocolsConverter(),
            new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false),
        },
    };

    // "2" is no System.Version; YARP's reader takes it as 2.0 as well.
    private static Version Version(string text) => System.Version.Parse(text.Contains('.') ? text : text + ".0");

    private sealed class TextConverter<T>(Func<string, T> parse) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            try
            {
                return parse(value.RootElement.ToString());
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
            {
                throw new JsonException(exception.Message, exception);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw new NotSupportedException();
    }

    /// <summary>One name, or an array of them.</summary>
    private sealed class SslProtocolsConverter : JsonConverter<SslProtocols>
    {
        public override SslProtocols Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            JsonElement[] names = value.RootElement.ValueKind == JsonValueKind.Array ? [.. value.RootElement.EnumerateArray()] : [value.RootElement];
            var all = SslProtocols.None;
            foreach (var name in names)
            {
                if (name.ValueKind != JsonValueKind.String || !Enum.TryParse<SslProtocols>(name.GetString(), ignoreCase: true, out var one))
                    throw new JsonException("not a TLS version");
                all |= one;
            }

            return all;
        }

        public override void Write(Utf8JsonWriter writer, SslProtocols value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

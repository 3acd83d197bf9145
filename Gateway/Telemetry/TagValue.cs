using System.Collections.Frozen;
using System.Text.Json;

namespace AngoGateway.Telemetry;

/// <summary>The names of an enum's values as tags show them, made once: <c>NotVerified</c> is <c>not_verified</c>.</summary>
internal static class TagValue<TEnum>
    where TEnum : struct, Enum
{
    private static readonly FrozenDictionary<TEnum, string> Names =
        Enum.GetValues<TEnum>().ToFrozenDictionary(static value => value, static value => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}"));

    public static string Of(TEnum value) => Names[value];
}

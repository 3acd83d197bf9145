using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AngoGateway.Configuration;

internal enum ConfigKind
{
    /// <summary>A record of ours: an object with known keys.</summary>
    Record,

    /// <summary>An object whose keys are names that the user chooses.</summary>
    Map,

    /// <summary>An array of records.</summary>
    List,

    /// <summary>One text or an array of them.</summary>
    Texts,
    Text,
    Number,
    Flag,
    Duration,

    /// <summary>One of an enumeration's names.</summary>
    Choice,

    /// <summary>An object that is not ours to describe: YARP's.</summary>
    Open,
}

/// <summary>
/// What gateway.json may hold, read from the config records: a record's constructor parameters are its keys, its
/// default values the defaults, its validation attributes the rules. The reader and the JSON schema share it.
/// </summary>
/// <param name="Kind">Which kind of value.</param>
/// <param name="Type">Of the record, the enumeration, the items (null for plain values).</param>
/// <param name="Item">Of a map's or list's values.</param>
/// <param name="Members">A record's keys.</param>
/// <param name="Choices">A choice's names with their values.</param>
internal sealed record ConfigShape(
    ConfigKind Kind,
    Type Type,
    ConfigShape? Item = null,
    IReadOnlyList<ConfigMember>? Members = null,
    IReadOnlyDictionary<string, object>? Choices = null)
{
    /// <summary>Sources and consumers are named in URLs of the operator, metrics and headers.</summary>
    public const string NamePattern = "^[A-Za-z0-9._-]{1,64}$";

    public static ConfigShape Root { get; } = Of(typeof(GatewayConfig));

    public IReadOnlyList<ConfigMember> Members { get; } = Members ?? [];

    public IReadOnlyDictionary<string, object> Choices { get; } = Choices ?? new Dictionary<string, object>();

    /// <summary>What to write, in words.</summary>
    public string Words => Kind switch
    {
        ConfigKind.Record => $"an object {{ … }} with {Spelling.List(Members.Select(member => member.Key))}",
        ConfigKind.Map => "an object { \"name\": { … } }",
        ConfigKind.List => "an array of objects [ { … } ]",
        ConfigKind.Texts => "a text in double quotes or an array of them",
        ConfigKind.Text => "a text in double quotes",
        ConfigKind.Number => "a whole number",
        ConfigKind.Flag => "true or false",
        ConfigKind.Duration => "a duration \"[days.]hh:mm:ss\", e.g. \"00:00:30\" or \"7.00:00:00\"",
        ConfigKind.Choice => $"one of {Spelling.List(Choices.Keys)}",
        _ => "an object { … }",
    };

    /// <summary>What stands in for a value that is missing or faulty, so that the rest can still be checked.</summary>
    public object? Blank => Kind switch
    {
        ConfigKind.Text => "",
        ConfigKind.Texts or ConfigKind.List => Array.CreateInstance(Type, 0),
        ConfigKind.Record or ConfigKind.Open => null,
        _ => Activator.CreateInstance(Type),
    };

    public static ConfigShape Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new(ConfigKind.Text, type);
        if (type == typeof(int))
            return new(ConfigKind.Number, type);
        if (type == typeof(bool))
            return new(ConfigKind.Flag, type);
        if (type == typeof(TimeSpan))
            return new(ConfigKind.Duration, type);
        if (type == typeof(JsonElement))
            return new(ConfigKind.Open, type);
        if (type == typeof(string[]))
            return new(ConfigKind.Texts, typeof(string));
        if (type.IsEnum)
            return new(ConfigKind.Choice, type, Choices: Enum.GetValues(type).Cast<object>().ToDictionary(value => NameOf(type, value)));
        if (type.IsArray)
            return new(ConfigKind.List, type.GetElementType()!, Of(type.GetElementType()!));
        if (type.IsGenericType)
            return new(ConfigKind.Map, type, Of(type.GetGenericArguments()[1]));

        return new(ConfigKind.Record, type, Members: [.. type.GetConstructors()[0].GetParameters().Select(ConfigMember.Of)]);
    }

    public object Create(object?[] arguments) => Type.GetConstructors()[0].Invoke(arguments);

    private static string NameOf(Type type, object value)
    {
        var name = value.ToString()!;
        return type.GetField(name)!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
            ?? JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}

/// <summary>One key of a record.</summary>
/// <param name="Key">As written in the file.</param>
/// <param name="Parameter">Of the record's constructor.</param>
/// <param name="Shape">What its value may be.</param>
/// <param name="Rules">What more must hold; for a list of texts, of each.</param>
internal sealed record ConfigMember(string Key, ParameterInfo Parameter, ConfigShape Shape, IReadOnlyList<ValidationAttribute> Rules)
{
    public bool IsRequired => !Parameter.HasDefaultValue;

    /// <summary>What to say when a required key is not there.</summary>
    public string MissingMessage =>
        Rules.OfType<RequiredAttribute>().FirstOrDefault()?.ErrorMessage ?? $"needs \"{Key}\": write {Shape.Words}";

    public static ConfigMember Of(ParameterInfo parameter)
    {
        var rules = parameter.GetCustomAttributes<ValidationAttribute>().ToList();
        // A range converts its bounds at its first use, which is not safe for several threads: use it here.
        foreach (var range in rules.OfType<RangeAttribute>())
            range.IsValid(null);

        var named = parameter.Member.DeclaringType!.GetProperty(parameter.Name!)!.GetCustomAttribute<JsonPropertyNameAttribute>();
        return new(
            named?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!),
            parameter,
            ConfigShape.Of(parameter.ParameterType),
            rules);
    }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace AngoGateway.Journal;

/// <summary><c>journal</c>: where accepted events are kept.</summary>
/// <param name="Type">
/// <c>sqlite</c> (a file beside the gateway), <c>postgres</c> (a database that several gateways share) or <c>memory</c> (lost
/// at exit: for trials and tests only).
/// </param>
/// <param name="Path">Of the SQLite file, relative to the configuration file's folder. Default <c>data/gateway.db</c>.</param>
/// <param name="ConnectionString">
/// <c>postgres</c>: a reference (<c>env:NAME</c>, <c>file:PATH</c>) to its connection string as Npgsql reads it.
/// </param>
/// <param name="Lease">
/// <c>postgres</c>: how long what a gateway has in hand stays its own after its last sign of life. Default 30 seconds.
/// </param>
internal sealed record JournalConfig(
    JournalType Type = JournalType.Sqlite,
    string Path = JournalConfig.DefaultPath,
    [RegularExpression(JournalConfig.ReferencePattern, ErrorMessage = JournalConfig.NotAReference)]
    string? ConnectionString = null,
    [property: DefaultValue("00:00:30")]
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    TimeSpan? Lease = null) : IValidatableObject
{
    private const string DefaultPath = "data/gateway.db";
    private const string ReferencePattern = "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$";

    // Does not repeat what was written: it may hold the password.
    private const string NotAReference =
        "is no reference; a password never stands in this file: write \"env:NAME\" (letters, digits, _) or \"file:PATH\"";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Type == JournalType.Postgres && ConnectionString is null)
            yield return new("postgres needs \"connectionString\": write e.g. \"connectionString\": \"env:ANGO_GATEWAY_DB\"", [nameof(ConnectionString), nameof(Type)]);

        if (Type != JournalType.Postgres && ConnectionString is not null)
            yield return new("belongs to postgres alone: leave it out, or write \"type\": \"postgres\"", [nameof(ConnectionString), nameof(Type)]);

        if (Type != JournalType.Postgres && Lease is not null)
            yield return new("belongs to postgres alone: leave it out, or write \"type\": \"postgres\"", [nameof(Lease), nameof(Type)]);

        if (Type == JournalType.Postgres && Path != DefaultPath)
            yield return new("belongs to sqlite alone, and this is postgres: leave it out, or change \"type\"", [nameof(Path), nameof(Type)]);
    }
}

internal enum JournalType
{
    Sqlite,
    Postgres,
    Memory,
}

/// <summary><c>retention</c>: how long the journal remembers.</summary>
/// <param name="Events">Settled events with their payloads, counted from acceptance. Default 7 days.</param>
/// <param name="Keys">
/// Event keys. Default 365 days. A signature never expires, so an event whose updatedAt is older than this is
/// quarantined instead of delivered: its key may have been forgotten.
/// </param>
/// <param name="DeadLetters">
/// Dead letters, counted from their death, and quarantined events, from acceptance. Default 90 days, or <paramref name="Events"/> when that is longer.
/// </param>
internal sealed record RetentionConfig(
    [property: DefaultValue("7.00:00:00")]
    [Range(typeof(TimeSpan), "00:00:00.001", "36500.00:00:00")]
    TimeSpan? Events = null,
    [property: DefaultValue("365.00:00:00")]
    [Range(typeof(TimeSpan), "00:00:00.001", "36500.00:00:00")]
    TimeSpan? Keys = null,
    [property: DefaultValue("90.00:00:00")]
    [Range(typeof(TimeSpan), "00:00:00.001", "36500.00:00:00")]
    TimeSpan? DeadLetters = null) : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var retention = Retention.From(this);
        if (retention.Keys < retention.Events)
        {
            yield return new(
                $"keys \"{retention.Keys:c}\" is shorter than events \"{retention.Events:c}\" (defaults \"365.00:00:00\" and \"7.00:00:00\"): make it at least as long",
                [nameof(Keys), nameof(Events)]);
        }

        if (retention.DeadLetters < retention.Events)
        {
            yield return new(
                $"deadLetters \"{retention.DeadLetters:c}\" is shorter than events \"{retention.Events:c}\": make it at least as long",
                [nameof(DeadLetters), nameof(Events)]);
        }
    }
}

/// <summary>How long the journal remembers, as compiled.</summary>
internal sealed record Retention(TimeSpan Events, TimeSpan Keys, TimeSpan DeadLetters)
{
    private static readonly TimeSpan DefaultDeadLetters = TimeSpan.FromDays(90);

    public static Retention From(RetentionConfig config)
    {
        var events = config.Events ?? TimeSpan.FromDays(7);
        return new(
            events,
            config.Keys ?? TimeSpan.FromDays(365),
            config.DeadLetters ?? (events > DefaultDeadLetters ? events : DefaultDeadLetters));
    }
}

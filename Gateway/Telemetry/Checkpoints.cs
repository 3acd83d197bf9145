using System.Diagnostics;

namespace AngoGateway.Telemetry;

/// <summary>
/// Named moments in the life of an event between which a crash must lose nothing. A diagnostic listener may watch them;
/// with none attached reaching one costs a null check.
/// </summary>
internal static class Checkpoints
{
    /// <summary>Verified and read, not yet handed to the journal.</summary>
    public const string BeforeInsert = "before-insert";

    /// <summary>The commit is done, nobody has been told.</summary>
    public const string Committed = "after-commit";

    /// <summary>The outcome is known, the answer not yet written.</summary>
    public const string BeforeAnswer = "before-answer";

    /// <summary>The consumer has answered, the outcome is not yet on its way to the journal.</summary>
    public const string Sent = "after-send";

    /// <summary>The settlement is in the transaction, not yet committed.</summary>
    public const string BeforeSettle = "before-settle";

    /// <summary>The settlement is committed.</summary>
    public const string Settled = "after-settle";

    /// <summary>Inside a transaction that forgets old events.</summary>
    public const string Pruning = "inside-prune";

    /// <summary>Inside a migration's transaction.</summary>
    public const string Migrating = "inside-migration";

    private static readonly DiagnosticListener Listener = new("ango-gateway.checkpoints");

    public static void Reach(string name)
    {
        if (Listener.IsEnabled(name))
            Listener.Write(name, null);
    }
}

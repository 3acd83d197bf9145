namespace AngoGateway.Bench.Scaling;

/// <summary>
/// All that the simulation is told, in microseconds of one core and bytes. "statements" is what bench/statements printed on the
/// machine that docs/scaling.md names; the code's own constants stand beside the name of their file.
/// </summary>
internal sealed record ScalingInputs
{
    // The gateway: PostgresJournal, PostgresQueue, PostgresDatabase, PostgresSignals, PostgresReplicas, PostgresLeases, DeliveryConfig.
    public int Committers { get; init; } = 3;
    public int Settlers { get; init; } = 2;
    public int SliceRows { get; init; } = 256;
    public int Readers { get; init; } = 8;
    public int MaxWaiting { get; init; } = 10_000;
    public int MostConnections { get; init; } = 28;
    public int Concurrency { get; init; } = 16;
    public double BetweenNotes { get; init; } = 25_000;

    /// <summary>Not what the code does: others are told of everything, and not only of what finds its own lane busy.</summary>
    public bool TellAlways { get; init; }

    public double BetweenLooks { get; init; } = 1_000_000;
    public double BetweenSigns { get; init; } = 5_000_000;
    public double BetweenBacklogs { get; init; } = 5_000_000;
    public double BetweenRenewals { get; init; } = 10_000_000;

    // The gateway's processor, from bench/replicas: for a webhook and for a slice of them without consumers (1, 2 and 3 gateways
    // share the same load, so that their slices differ), and what a delivery adds. Of a note: assumed.
    public double GatewayAccept { get; init; } = 50;
    public double GatewaySlice { get; init; } = 400;
    public double GatewayDeliver { get; init; } = 235;
    public double HearNote { get; init; } = 15;

    // The database's processor, from bench/statements: execution by rows, and beside it what is left of the whole when spread
    // over statements and syncs.
    public double Statement { get; init; } = 25;
    public double SyncWork { get; init; } = 300;
    public double Accept { get; init; } = 210;
    public double AcceptRow { get; init; } = 36;
    public double AcceptDelivery { get; init; } = 48;
    public double Claim { get; init; } = 230;
    public double ClaimRow { get; init; } = 20;
    public double NextDue { get; init; } = 45;
    public double Payload { get; init; } = 35;
    public double Settle { get; init; } = 110;
    public double SettleRow { get; init; } = 33;
    public double Renew { get; init; } = 100;
    public double RenewRow { get; init; } = 30;
    public double Look { get; init; } = 100;
    public double Sign { get; init; } = 45;
    public double SignOfAnother { get; init; } = 1;
    public double Backlog { get; init; } = 100;
    public double BacklogRow { get; init; } = 0.2;

    // From bench/statements too: a row that a look passes because somebody has it, a note, and who hears it.
    public double Passing { get; init; } = 0.28;
    public double Note { get; init; } = 20;
    public double Wake { get; init; } = 14;
    public double FurtherNote { get; init; } = 2;

    // The database's log, from bench/statements and bench/replicas.
    public double AcceptBytes { get; init; } = 3200;
    public double DeliveryBytes { get; init; } = 450;
    public double ClaimBytes { get; init; } = 250;
    public double SettleBytes { get; init; } = 630;
    public double RenewBytes { get; init; } = 100;
    public double SignBytes { get; init; } = 200;

    // Assumed: a large server on a cloud volume, and consumers that answer in ten milliseconds.
    public int DatabaseCores { get; init; } = 16;
    public int GatewayCores { get; init; } = 2;
    public double Sync { get; init; } = 1000;
    public double LogBandwidth { get; init; } = 250;
    public double RoundTrip { get; init; } = 300;
    public double ConsumerTime { get; init; } = 10_000;
    public double ConsumerWork { get; init; }
    public int ConnectionLimit { get; init; } = 1000;

    // Where everything is on one machine, senders included.
    public double SenderWork { get; init; }
}

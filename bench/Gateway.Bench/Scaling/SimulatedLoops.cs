namespace AngoGateway.Bench.Scaling;

/// <summary>What every gateway does whether anything arrives or not: the loops of PostgresJournal, and the counts for its metrics.</summary>
internal static class SimulatedLoops
{
    public static void Start(Clock clock, ScalingInputs inputs, SimulatedDatabase database, SimulatedGateway gateway, int gateways, Random random)
    {
        Every(inputs.BetweenLooks, () => inputs.Look + database.InHand.Sum(hand => hand * inputs.Passing), static () => 0);
        Every(inputs.BetweenSigns, () => inputs.Sign + (gateways * inputs.SignOfAnother), () => inputs.SignBytes);
        Every(inputs.BetweenBacklogs, () => inputs.Backlog + (inputs.BacklogRow * (database.Free.Sum() + database.InHand.Sum())), static () => 0);
        Every(inputs.BetweenRenewals, () => inputs.Renew + (inputs.RenewRow * gateway.Held), () => inputs.RenewBytes * gateway.Held);

        void Every(double period, Func<double> work, Func<double> bytes)
        {
            clock.After(random.NextDouble() * period, Turn);

            void Turn() => database.Run(work, bytes, () => clock.After(period, Turn));
        }
    }
}

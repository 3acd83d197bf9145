namespace AngoGateway.Bench;

/// <summary>What is in the middle of several measurements.</summary>
internal static class Medians
{
    public static double Of<T>(IEnumerable<T> turns, Func<T, double> figure) => At([.. turns.Select(figure).Order()], 0.5);

    /// <summary>Between two values where there is no single one.</summary>
    public static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var (low, high) = (sorted[(int)Math.Floor(place)], sorted[(int)Math.Ceiling(place)]);
        return low + ((high - low) * (place - Math.Floor(place)));
    }
}

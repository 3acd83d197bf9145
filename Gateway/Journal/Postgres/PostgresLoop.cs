namespace AngoGateway.Journal.Postgres;

/// <summary>Does something again and again until the journal closes, whatever happens.</summary>
internal static partial class PostgresLoop
{
    /// <param name="name">For the log.</param>
    /// <param name="body">One turn; returns how long to wait for the next.</param>
    /// <param name="afterFault">How long to wait after a turn that failed.</param>
    /// <param name="timeProvider">The clock of the waits.</param>
    /// <param name="logger">Told of the first of several failures.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(
        string name, Func<CancellationToken, Task<TimeSpan>> body, TimeSpan afterFault, TimeProvider timeProvider, ILogger logger, CancellationToken cancellationToken)
    {
        var failing = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            var wait = afterFault;
            try
            {
                wait = await body(cancellationToken);
                failing = false;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (JournalUnavailableException)
            {
                // Told once, by the journal's health.
            }
            // The last resort of the loop: its next turn may well succeed.
            catch (Exception exception)
            {
                if (!failing)
                    Log.Failed(logger, exception, name);

                failing = true;
            }

            await Task.Delay(wait, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The journal's {Name} failed; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception, string name);
    }
}

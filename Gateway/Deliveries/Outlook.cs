using AngoGateway.Consumers;

namespace AngoGateway.Deliveries;

/// <summary>
/// What a lane knows of the journal without asking it: each attempt's end is a reason to look for the next delivery, but where the last
/// claim left nothing that is due, only news or time can bring any.
/// </summary>
/// <param name="timeProvider">The clock that deliveries are due by.</param>
/// <param name="longest">The longest wait, whatever is known.</param>
internal sealed class Outlook(TimeProvider timeProvider, TimeSpan longest)
{
    private Consumer? _consumer;
    private DateTimeOffset? _next;

    /// <summary>Whether a claim may bring something.</summary>
    /// <param name="consumer">As it is configured now: with other settings other deliveries may be in reach.</param>
    public bool IsOpen(Consumer consumer) => !ReferenceEquals(consumer, _consumer) || _next <= timeProvider.GetUtcNow();

    /// <summary>How long a claim can bring nothing; null when only the journal can tell.</summary>
    public TimeSpan? Wait => _next - timeProvider.GetUtcNow() is { } wait ? wait < longest ? wait : longest : null;

    /// <summary>The journal has news, or a delivery went back to it as it came.</summary>
    public void Open() => (_consumer, _next) = (null, null);

    /// <summary>A claim has left nothing that is due.</summary>
    /// <param name="consumer">As it was configured then.</param>
    public void Close(Consumer consumer) => (_consumer, _next) = (consumer, null);

    /// <summary>The journal was asked what comes next.</summary>
    /// <param name="due">Null: nothing.</param>
    public void Expect(DateTimeOffset? due) => _next = due ?? timeProvider.GetUtcNow() + longest;
}

using AngoGateway.Consumers;
using AngoGateway.Deliveries;
using Microsoft.Extensions.Time.Testing;

namespace AngoGateway.Tests.Deliveries;

public sealed class OutlookTests
{
    private static readonly Consumer Training = TestConsumer();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Outlook _outlook;

    public OutlookTests() => _outlook = new Outlook(_time, TimeSpan.FromSeconds(30));

    [Fact]
    public void Nothing_is_known_at_first_and_after_news()
    {
        Assert.True(_outlook.IsOpen(Training));
        _outlook.Close(Training);
        _outlook.Expect(null);
        Assert.False(_outlook.IsOpen(Training));

        _outlook.Open();
        Assert.True(_outlook.IsOpen(Training));
        Assert.Null(_outlook.Wait);
    }

    [Fact]
    public void After_a_claim_that_left_nothing_only_the_journal_can_tell_what_comes_next_and_then_nobody_need_ask_until_it_comes()
    {
        _outlook.Close(Training);
        Assert.False(_outlook.IsOpen(Training));
        Assert.Null(_outlook.Wait);

        _outlook.Expect(_time.GetUtcNow().AddSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(6), _outlook.Wait);
        Assert.False(_outlook.IsOpen(Training));

        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(_outlook.IsOpen(Training));
    }

    [Fact]
    public void No_wait_is_longer_than_the_longest()
    {
        _outlook.Close(Training);
        _outlook.Expect(_time.GetUtcNow().AddHours(1));
        Assert.Equal(TimeSpan.FromSeconds(30), _outlook.Wait);

        _outlook.Close(Training);
        _outlook.Expect(null);
        Assert.Equal(TimeSpan.FromSeconds(30), _outlook.Wait);
    }

    [Fact]
    public void With_other_settings_a_claim_may_bring_more()
    {
        _outlook.Close(Training);
        _outlook.Expect(null);

        Assert.True(_outlook.IsOpen(TestConsumer()));
    }

    private static Consumer TestConsumer() => Consumer.Compile("training", new ConsumerConfig());
}

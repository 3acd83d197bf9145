using AngoGateway.Tests.Support;
using static AngoGateway.Tests.Reliability.Battery;

namespace AngoGateway.Tests.Reliability;

/// <summary>What follows from each kind of answer, seen at a real consumer and in the journal's file.</summary>
[Trait("Row", "answers")]
public sealed class AnswerTests
{
    private const string QuickRetries = """ "timeout": "00:00:01", "retry": { "firstDelay": "00:00:00.200", "maxDelay": "00:00:00.500" } """;

    [Theory]
    [InlineData(SinkAnswer.Failing, "500")]
    [InlineData(SinkAnswer.TooMany, "429")]
    [InlineData(SinkAnswer.Garbage, "")]
    [InlineData(SinkAnswer.HalfHeader, "")]
    [InlineData(SinkAnswer.Hold, "")]
    internal async Task It_is_tried_again_until_the_consumer_is_well(SinkAnswer answer, string status)
    {
        await using var consumer = await Sink.StartAsync(answer);
        await using var gateway = await GatewayHost.StartAsync(Config(consumer.Url, QuickRetries));
        var receipt = await gateway.PostAsync(AngoPayload.Of());

        await consumer.WaitForCountAsync(2, Patience);
        consumer.Answer = SinkAnswer.Ok;
        await consumer.WaitForAsync([receipt.EventId!.Value], Patience);
        await SettledAsync(gateway, "1");

        Assert.Equal(Enumerable.Range(1, consumer.Count), consumer.Arrivals.Select(arrival => arrival.Attempt));
        Assert.Single(consumer.Arrivals.Select(arrival => arrival.DeliveryId).Distinct());
        Assert.Equal(status, Ask(File(gateway), "SELECT ifnull(status, '') FROM attempt WHERE number = 1").Single());
        Assert.NotEqual("", Ask(File(gateway), "SELECT ifnull(error, status) FROM attempt WHERE number = 1").Single());
        Report($"consumer answers {answer}", $"tried again, delivered at attempt {consumer.Count}");
    }

    [Fact]
    public async Task A_410_is_a_dead_letter_at_once()
    {
        await using var consumer = await Sink.StartAsync(SinkAnswer.Gone);
        await using var gateway = await GatewayHost.StartAsync(Config(consumer.Url, QuickRetries));
        await gateway.PostAsync(AngoPayload.Of());

        await SettledAsync(gateway, "2");

        Assert.Equal(1, consumer.Count);
        Assert.Equal("410", Ask(File(gateway), "SELECT status FROM attempt").Single());
        Report("consumer answers 410", $"dead letter after one attempt");
    }

    [Fact]
    public async Task An_endless_body_is_delivered_and_holds_up_nothing()
    {
        await using var consumer = await Sink.StartAsync(SinkAnswer.EndlessBody);
        await using var gateway = await GatewayHost.StartAsync(Config(consumer.Url, "\"concurrency\": 1, \"timeout\": \"00:00:05\""));
        await gateway.PostAsync(AngoPayload.Of(task: "first"));
        await gateway.PostAsync(AngoPayload.Of(task: "second"));

        await SettledAsync(gateway, "1", "1");

        Assert.Equal(2, consumer.Count);
        Assert.All(Ask(File(gateway), "SELECT length(response) FROM attempt"), length => Assert.InRange(int.Parse(length), 1, 16 * 1024));
        Report("consumer answers with an endless body", $"delivered at the first attempt, at most 16 KB kept");
    }

    private static Task SettledAsync(GatewayHost gateway, params string[] states) => Eventually.TrueAsync(
        () => Ask(File(gateway), "SELECT state FROM delivery").SequenceEqual(states), Patience, () => "settled as expected");

    private static string File(GatewayHost gateway) => Path.Combine(gateway.Folder, "gateway.db");
}

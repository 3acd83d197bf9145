using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

public sealed class EnvelopeSampleTests
{
    private static readonly Dictionary<string, Envelope> Expected = new(StringComparer.Ordinal)
    {
        ["01-stage-2023.json"] = new(
            null, "66a115e6c793b4a93c47c60c", "Label", null, null, "2023-10-04T07:12:44.120Z",
            ["66a1737dfd1c285a393e3d37"]),
        ["02-stage-2025-uuid.json"] = new(
            "66a1a96a59e78868f45a2fa8", "66a10e530c3781407df635a8", "507fb41d-bbfc-4379-a103-fb20c5c536eb",
            "507fb41d-bbfc-4379-a103-fb20c5c536eb", "Webhook", "2025-03-11T08:41:17.566Z",
            ["66a10251b75d08b259bb16c1", "66a174a3accb69da1a57c59b"], ["pilot-1", "pilot-2"]),
        ["03-stage-2025-name.json"] = new(
            "66a1a96a59e78868f45a2fa8", "66a1575f534402fd8b331d30", "Quality Check",
            "70f127d3-7b12-4fd9-a9ec-a70e4de88a4c", "Quality Check", "2025-06-02T14:20:05.003Z",
            ["66a153446681ffbdf1f3bb14"], ["Rush hour / AM"]),
        ["04-label-completed-v2.json"] = new(
            null, "63eb61a0c4d5e6f708192a3b", null, null, null, "2023-02-14T10:31:02.466Z",
            ["Q1 invoices"]),
        ["05-consensus.json"] = new(
            "66a1ecaed8b972d6f5059654", "66a1bfc4d3a36d06c34f7f46", "Adjudicated",
            "7a20c38d-6226-4114-af18-e94b2a70e1de", "Adjudicated", "2025-08-19T16:02:44.871Z",
            ["66a175d61254d82c912cab04"], ["triple-read"]),
        ["06-video-pages.json"] = new(
            "66a15d92a65fca50b85cd809", "66a1e7aeeec80c65f1eba912", "d37ba260-d73d-48cb-a553-d9cb0d6eeac3",
            "d37ba260-d73d-48cb-a553-d9cb0d6eeac3", "Send to tracker", "2025-04-22T08:00:00.000Z",
            ["66a118bbf3c02430a8ed882c"], ["matchday-4"]),
        ["07-unicode-stage.json"] = new(
            "66a14babf345195c63ddadb2", "66a1b44dbee39f835dbf8166", "Révision – Étape 2",
            "9d1dc66a-8e29-4690-a319-f8aef62c6568", "Révision – Étape 2", "2025-07-14T21:59:59.999Z",
            ["66a1a85d6993c295f11c3b82", "66a181c5c3778de0644e75e9"], ["Noël à Orléans", "İstanbul ğüşöç"]),
        ["08-history-decoy.json"] = new(
            "66a13558a059ff1a2bc97036", "66a15e626c5707094f949a7f", "2e331b22-6ca5-4c26-a4bc-29062c5c21f1",
            "2e331b22-6ca5-4c26-a4bc-29062c5c21f1", "Second pass done", "2025-01-02T11:30:00.750Z",
            ["66a19ee4d7e6dcafa0adc1ca"], ["loop"]),
        ["09-task-first.json"] = new(
            "66a18d8673e9ba5388938401", "66a112c9105fe7350d1aa6e9", "Pause: legal hold",
            "4eaae738-26d3-46dd-a531-9d259e57a784", "Pause: legal hold", "2025-09-30T05:45:10.101Z",
            ["66a14eea4407d43103637d2b", "66a1812328d9c4f825c927fe"], ["a", "a"]),
        ["10-multi-image.json"] = new(
            "66a15d92a65fca50b85cd809", "66a1d5d595e076514b7697be", "9a6120e4-b27c-4e74-a684-aec3566b3a03",
            "9a6120e4-b27c-4e74-a684-aec3566b3a03", "Webhook", "2025-05-05T12:00:00.120Z"),
    };

    public static TheoryData<string> Samples => [.. SampleFile.Names];

    [Fact]
    public void Every_sample_has_its_expectation() =>
        Assert.Equal(SampleFile.Names, Expected.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_yields_the_envelope_written_down_for_it(string name)
    {
        var expected = Expected[name];

        var reading = EnvelopeReader.Read(SampleFile.Read(name));

        Assert.Null(reading.Fault);
        var envelope = reading.Envelope!;
        Assert.Equal(expected.Batches, envelope.Batches);
        Assert.Equal(expected.BatchNames, envelope.BatchNames);
        Assert.Equal(expected, envelope with { Batches = expected.Batches, BatchNames = expected.BatchNames });
        Assert.NotNull(envelope.UpdatedAtInstant);
    }
}

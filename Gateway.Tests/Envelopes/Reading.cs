using System.Text;
using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

/// <summary>Reads payloads that must be readable.</summary>
internal static class Reading
{
    public static Envelope Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    public static Envelope Read(byte[] payload)
    {
        var reading = EnvelopeReader.Read(payload);
        Assert.Null(reading.Fault);
        return reading.Envelope!;
    }

    public static void AssertNothingRead(Envelope envelope)
    {
        Assert.Empty(envelope.Batches);
        Assert.Empty(envelope.BatchNames);
        Assert.Equal(new Envelope(), envelope with { Batches = [], BatchNames = [] });
    }
}

using System.Text;
using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

public sealed class EnvelopeReaderCostTests
{
    private const int FuzzRounds = 3000;

    [Fact]
    public void Memory_does_not_grow_with_the_body()
    {
        var small = BodyOf(2 * 1024);
        var large = BodyOf(2 * 1024 * 1024);
        AllocatedBy(small);
        AllocatedBy(large);

        Assert.Equal(AllocatedBy(small), AllocatedBy(large));
    }

    [Fact]
    public void Repeated_keys_cost_no_memory()
    {
        var once = """{"projectId":"p","task":{"taskId":"t"}}"""u8.ToArray();
        var often = Encoding.UTF8.GetBytes("{" + string.Concat(Enumerable.Repeat("\"projectId\":\"q\",\"task\":{\"taskId\":\"q\",\"taskId\":\"r\"},", 5000)) + "\"projectId\":\"p\",\"task\":{\"taskId\":\"t\"}}");
        AllocatedBy(once);

        Assert.Equal(AllocatedBy(once), AllocatedBy(often));
    }

    [Fact]
    public void Many_bad_texts_cost_no_more_than_one()
    {
        var one = "{\"batches\":[\"\\ud800\"]}"u8.ToArray();
        var many = Encoding.UTF8.GetBytes("{\"batches\":[" + string.Concat(Enumerable.Repeat("\"\\ud800\",", 10_000)) + "1]}");
        var extra = FaultCost(many) - FaultCost(one);

        // The array of texts itself is there; an exception each would be megabytes.
        Assert.InRange(extra, 0, 100_000);
    }

    /// <summary>Bytes overwritten, doubled, dropped, cut off: whatever arrives is an envelope or a fault, and is the same again.</summary>
    [Fact]
    public void Mutated_samples_never_throw()
    {
        var random = new Random(20250311);
        var samples = SampleFile.Names.Select(SampleFile.Read).Where(sample => sample.Length < 10_000).ToArray();
        var faults = 0;
        for (var round = 0; round < FuzzRounds; round++)
        {
            var mutated = Mutate(samples[round % samples.Length], random);

            var reading = EnvelopeReader.Read(mutated);

            Assert.NotEqual(reading.Fault is null, reading.Envelope is null);
            faults += reading.Fault is null ? 0 : 1;
        }

        // Both outcomes are really exercised.
        Assert.InRange(faults, FuzzRounds / 4, FuzzRounds - (FuzzRounds / 20));
    }

    private static byte[] Mutate(byte[] sample, Random random)
    {
        var bytes = sample.ToList();
        for (var edits = random.Next(1, 4); edits > 0 && bytes.Count > 2; edits--)
        {
            var at = random.Next(bytes.Count - 1);
            var length = random.Next(1, Math.Min(40, bytes.Count - at));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = "\"\\{}[]:,0eu \n"u8[random.Next(13)];
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length), length));
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                default:
                    bytes.RemoveRange(at + 1, random.Next(2) * (bytes.Count - at - 1));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] BodyOf(int size)
    {
        var filler = string.Concat(Enumerable.Repeat("{\"x\":1.5,\"t\":\"\\u00e9\"},", size / 23));
        return Encoding.UTF8.GetBytes("{\"projectId\":\"p\",\"batches\":[\"b\"],\"list\":[" + filler + "0],\"task\":{\"tools\":[" + filler + "0],\"taskId\":\"t\"}}");
    }

    private static long FaultCost(byte[] body)
    {
        EnvelopeReader.Read(body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(EnvelopeReader.Read(body).Fault);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // The least of several: a collection or a recompilation in between allocates, too.
    private static long AllocatedBy(byte[] body) => Enumerable.Range(0, 5).Min(_ => AllocatedOnce(body));

    private static long AllocatedOnce(byte[] body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = EnvelopeReader.Read(body);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal("t", reading.Envelope?.TaskId);
        return allocated;
    }
}

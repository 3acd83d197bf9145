using System.Globalization;
using System.Text;

namespace AngoGateway.Micro;

/// <summary>Payloads like those of Ango Hub: a few fields of a task around as many annotations as the size wants.</summary>
internal static class Bodies
{
    public const string Secret = "secret-of-the-benches";

    public static byte[] Of(int size)
    {
        var text = new StringBuilder("{\"projectId\":\"66c5a3babfebe70015f8b15c\",\"asset\":\"https://assets.example.com/tile.png\",\"batches\":[\"66a1\"],\"batchNames\":[\"pilot\"],\"task\":{");
        text.Append("\"taskId\":\"66a10e530c3781407df635a8\",\"stage\":\"Review\",\"stageId\":\"0d2f6a1c-1111-4222-8333-944445555666\",\"stageName\":\"Review\",\"tools\":[");
        const string end = "{}],\"updatedAt\":\"2026-03-11T08:41:17.566Z\"}}";
        for (var i = 0; text.Length + end.Length + 150 < size; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"id\":\"a{i}\",\"title\":\"Vehicle\",\"polygon\":[[{i % 997}.25,{i % 613}.5],[{i % 401}.125,{i % 293}.75]],\"metadata\":{{\"createdBy\":\"a.b@example.com\"}}}},");
        }

        return Encoding.UTF8.GetBytes(text.Append(end).ToString());
    }
}

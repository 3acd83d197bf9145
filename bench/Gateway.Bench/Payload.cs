using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AngoGateway.Bench;

/// <summary>
/// What webhooks of one size have in common: all but the task's id and its updatedAt, which stand near the end, so that a sender
/// signs each with the little that differs and not with the whole again. A gateway has no such shortcut.
/// </summary>
internal sealed class Payload
{
    // Ango Hub's ids are 24 hex digits.
    public const int IdLength = 24;

    /// <summary>As Ango Hub writes it, UTC.</summary>
    public const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private static readonly string NoId = new('0', IdLength);
    private static readonly string NoTime = DateTimeOffset.UnixEpoch.ToString(TimeFormat);
    private static readonly ConcurrentDictionary<(int Bytes, bool Boxes), Payload> Made = new();

    private readonly IncrementalHash _signed = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, Webhooks.Key);
    private readonly Lock _signing = new();

    private Payload(byte[] bytes)
    {
        Bytes = bytes;
        IdAt = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(NoId));
        UpdatedAtAt = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(NoTime));
        _signed.AppendData(bytes.AsSpan(0, IdAt));
    }

    /// <summary>With an id of zeros, last updated in 1970.</summary>
    public byte[] Bytes { get; }

    public int IdAt { get; }

    /// <summary>Where updatedAt stands, behind the id.</summary>
    public int UpdatedAtAt { get; }

    /// <summary>One long text, which costs whoever reads it next to nothing.</summary>
    public static Payload Padded(int bytes) => Made.GetOrAdd((bytes, false), static size => new Payload(Write(size.Bytes, boxes: 0)));

    /// <summary>As many labelled boxes as fit, as in Ango Hub's payloads: that is what readers of JSON have to read.</summary>
    public static Payload OfBoxes(int bytes) => Made.GetOrAdd((bytes, true), static size =>
    {
        var (none, one) = (Write(0, boxes: 0).Length, Write(0, boxes: 1).Length);
        return new Payload(Write(size.Bytes, (size.Bytes - none) / (one - none + 1)));
    });

    /// <summary>The signature so far, up to the id.</summary>
    public IncrementalHash Signed()
    {
        lock (_signing)
        {
            return _signed.Clone();
        }
    }

    private static byte[] Write(int bytes, int boxes)
    {
        var payload = new JsonObject
        {
            ["projectId"] = "66c5a3babfebe70015f8b15c",
            ["asset"] = "https://assets.example.com/tile.png",
            ["batches"] = new JsonArray("66a10251b75d08b259bb16c1"),
            ["padding"] = "",
            ["task"] = new JsonObject
            {
                ["tools"] = new JsonArray([.. Enumerable.Range(0, boxes).Select(Box)]),
                ["taskId"] = NoId,
                ["stage"] = "Review",
                ["updatedAt"] = NoTime,
            },
        };
        payload["padding"] = new string('x', Math.Max(0, bytes - payload.ToJsonString().Length));
        return Encoding.UTF8.GetBytes(payload.ToJsonString());
    }

    // Of a fixed width, 330 bytes, as the samples' are.
    private static JsonNode Box(int number) => new JsonObject
    {
        ["bounding-box"] = new JsonObject { ["x"] = 1365.1192627502555, ["y"] = 77.8162652590345, ["height"] = 53.0280165423534, ["width"] = 17.5645067070522 },
        ["objectId"] = $"{number:x23}",
        ["classifications"] = new JsonArray(),
        ["metadata"] = new JsonObject
        {
            ["createdAt"] = "2026-06-02T13:05:40.218Z",
            ["createdBy"] = "annotator.two@example.com",
            ["createdIn"] = "Label",
        },
        ["schemaId"] = "2ad826abf25a2868577d4c2",
        ["title"] = "Vehicle",
    };
}

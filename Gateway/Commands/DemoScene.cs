using AngoGateway.Sources;

namespace AngoGateway.Commands;

/// <summary>One request of the demonstration and what must come of it.</summary>
/// <param name="Sample">Which sample is sent.</param>
/// <param name="Note">What is special about it; empty when nothing is.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="ReceivedBy">The consumers that must get it; in the order of their names.</param>
/// <param name="SignedWell">False: signed with another secret.</param>
internal sealed record DemoScene(string Sample, string Note, int Status, string[] ReceivedBy, bool SignedWell = true)
{
    /// <summary>The last ones reach someone, so that by then the earlier ones have had their time to go astray.</summary>
    public static readonly DemoScene[] All =
    [
        new("03-stage-2025-name", "", 202, ["training"]),
        new("03-stage-2025-name", "the same again", 200, []),
        new("05-consensus", "badly signed", 401, [], SignedWell: false),
        new("09-task-first", "no route wants it", 202, []),
        new("05-consensus", "two consumers", 202, ["qa", "training"]),
        new("07-unicode-stage", "stage “Révision – Étape 2”", 202, ["audit"]),
    ];

    /// <summary>Not among the scenes: the person's own first one is new to the gateway.</summary>
    public const string ForTheirOwnHands = "08-history-decoy";

    /// <summary>Routes for the scenes. The samples are years old, hence the long memory of keys: older events are quarantined.</summary>
    /// <param name="secretFile">Where the secret is.</param>
    /// <param name="consumers">Address by name.</param>
    public static string GatewayJson(string secretFile, IReadOnlyDictionary<string, Uri> consumers) => $$"""
        {
          "listen": { "public": "http://127.0.0.1:0", "admin": "http://127.0.0.1:0" },
          "journal": { "type": "sqlite", "path": "data/gateway.db" },
          "retention": { "keys": "3650.00:00:00" },
          "sources": {
            "ango": {
              "path": "/hooks/ango",
              "auth": { "type": "hubSignature", "secrets": ["file:{{System.Text.Json.JsonEncodedText.Encode(secretFile)}}"] }
            }
          },
          "consumers": {
            "training": { "url": "{{consumers["training"]}}" },
            "qa": { "url": "{{consumers["qa"]}}" },
            "audit": { "url": "{{consumers["audit"]}}" }
          },
          "routes": [
            { "name": "finished work", "match": { "stage": ["Quality Check", "Adjudicated", "Second pass done"] }, "to": ["training"] },
            { "name": "disputed work", "match": { "stage": "Adjudicated", "batch": "triple-*" }, "to": ["qa"] },
            { "name": "one project", "match": { "project": "66a14babf345195c63ddadb2" }, "to": ["audit"] }
          ]
        }
        """;

    public SendPlan Plan(Uri webhook, byte[] secret) => new(
        webhook,
        [SampleLibrary.Find(Sample)!],
        new Credentials(SignedWell ? secret : [.. secret, 0x21], Algorithm: SignatureAlgorithm.Sha1),
        Count: 1,
        Rate: null,
        Concurrency: 1,
        Freshening.None,
        Timeout: TimeSpan.FromSeconds(30));
}

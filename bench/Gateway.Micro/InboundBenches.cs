using System.Security.Cryptography;
using System.Text;
using AngoGateway.Consumers;
using AngoGateway.Envelopes;
using AngoGateway.Routing;
using AngoGateway.Sources;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;

namespace AngoGateway.Micro;

/// <summary>Verifying, reading and keying one payload.</summary>
[MemoryDiagnoser]
public class PayloadBench
{
    private readonly Source _source = Source.Compile(
        "ango", new SourceConfig("/hooks/ango", new AuthConfig(AuthType.HubSignature, [Bodies.Secret])), Encoding.UTF8.GetBytes, previous: null, TimeProvider.System);

    private byte[] _body = [];
    private HeaderDictionary _headers = [];
    private HeaderDictionary _forged = [];
    private Envelope _envelope = new();

    [Params(2 * 1024, 32 * 1024, 1024 * 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _body = Bodies.Of(Size);
        _headers = new() { ["X-Hub-Signature"] = Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Bodies.Secret), _body)) };
        _forged = new() { ["X-Hub-Signature"] = new string('a', 40) };
        _envelope = EnvelopeReader.Read(_body).Envelope!;
    }

    [Benchmark(Baseline = true)]
    public int BareHmac() => HMACSHA1.HashData(Encoding.UTF8.GetBytes(Bodies.Secret), _body).Length;

    [Benchmark]
    public bool Verify() => Verify(_headers);

    [Benchmark]
    public bool VerifyForged() => Verify(_forged);

    [Benchmark]
    public bool ReadEnvelope() => EnvelopeReader.Read(_body).Envelope is not null;

    [Benchmark]
    public bool MakeKey() => EventKey.Of("ango", _envelope, _body).ByContent;

    private bool Verify(HeaderDictionary headers)
    {
        using var verification = _source.Begin(headers);
        verification.Append(_body);
        return verification.Finish(_body).IsVerified;
    }
}

/// <summary>A look-up among exact project routes.</summary>
[MemoryDiagnoser]
public class RouteBench
{
    private RouteTable _table = RouteTable.Compile([], new Dictionary<string, Consumer>(StringComparer.Ordinal));
    private Envelope _envelope = new();

    [Params(10, 1000, 10_000)]
    public int Routes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var consumer = Consumer.Compile("training", new ConsumerConfig(Url: "http://127.0.0.1:9000"));
        _table = RouteTable.Compile(
            [.. Enumerable.Range(0, Routes).Select(n => new RouteConfig(new MatchConfig(Project: [$"project-{n}"]), ["training"]))],
            new Dictionary<string, Consumer>(StringComparer.Ordinal) { ["training"] = consumer });
        _envelope = new Envelope(Project: $"project-{Routes / 2}", TaskId: "t", Stage: "Review", StageName: "Review");
    }

    [Benchmark]
    public int Match() => _table.Match("ango", _envelope).Queue.Length;
}

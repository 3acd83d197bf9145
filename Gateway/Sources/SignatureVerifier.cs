using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace AngoGateway.Sources;

/// <summary>Checks signatures against every secret of a source. Safe for concurrent use; one <see cref="MacSet"/> per request.</summary>
internal sealed class SignatureVerifier
{
    // Bodies in flight at once are rarely more; sets beyond that are made and thrown away.
    private const int PooledSets = 256;

    private readonly SignatureScheme _scheme;
    private readonly MistakeFinder _mistakes;
    private readonly ObjectPool<MacSet> _macs;

    /// <exception cref="ArgumentException">No secret at all, or an empty one: everybody knows the empty key.</exception>
    public SignatureVerifier(SignatureScheme scheme, byte[][] secrets, byte[][] retiredSecrets, TimeProvider timeProvider)
    {
        if (secrets.Length == 0 || secrets.Concat(retiredSecrets).Any(secret => secret.Length == 0))
        {
            throw new ArgumentException("A signed source needs at least one secret, and none of them may be empty.", nameof(secrets));
        }

        _scheme = scheme;
        _mistakes = new MistakeFinder(scheme.Algorithm, secrets, retiredSecrets, timeProvider);
        _macs = new DefaultObjectPoolProvider { MaximumRetained = PooledSets }.Create(new MacSetPolicy(scheme.Algorithm, secrets));
    }

    public string Header => _scheme.Header;

    public Verification Begin(IHeaderDictionary headers)
    {
        if (_scheme.TryRead(headers, out var claim) is { } rejection)
        {
            return new Verification(new Verdict(rejection));
        }

        // A claim of the other algorithm cannot match: no MAC is made, only its mistake is looked for at the end.
        return new Verification(this, claim, claim.Algorithm == _scheme.Algorithm ? _macs.Get() : null);
    }

    /// <summary>Gives a set back, its MACs unfinished or not.</summary>
    public void Return(MacSet macs) => _macs.Return(macs);

    /// <summary>Compares with every secret, whichever matches, so that the time taken tells nothing.</summary>
    public Verdict Judge(SignatureClaim claim, MacSet? macs, ReadOnlySpan<byte> payload)
    {
        var index = macs?.IndexOf(claim.Mac) ?? -1;
        return index >= 0
            ? new Verdict(null, index)
            : new Verdict(Rejection.Mismatch, Mistake: _mistakes.Find(claim, payload));
    }

    private sealed class MacSetPolicy(SignatureAlgorithm algorithm, byte[][] secrets) : PooledObjectPolicy<MacSet>
    {
        public override MacSet Create() => new(Array.ConvertAll(secrets, secret => SignatureScheme.NewMac(algorithm, secret)));

        public override bool Return(MacSet obj)
        {
            obj.Reset();
            return true;
        }
    }
}

/// <summary>One running MAC per secret, fed together.</summary>
internal sealed class MacSet(IncrementalHash[] macs) : IDisposable
{
    private bool _fed;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _fed = true;
        foreach (var mac in macs)
        {
            mac.AppendData(bytes);
        }
    }

    /// <summary>Finishes every MAC; the index of the first that equals, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> claimed)
    {
        Span<byte> computed = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var index = -1;
        for (var i = macs.Length - 1; i >= 0; i--)
        {
            var length = macs[i].GetHashAndReset(computed);
            index = CryptographicOperations.FixedTimeEquals(computed[..length], claimed) ? i : index;
        }

        _fed = false;
        return index;
    }

    /// <summary>Forgets what an abandoned request has fed.</summary>
    public void Reset()
    {
        if (_fed)
        {
            IndexOf([]);
        }
    }

    public void Dispose()
    {
        foreach (var mac in macs)
        {
            mac.Dispose();
        }
    }
}

using System.Text;

namespace AngoGateway.Bench.Peers;

/// <summary>
/// HAProxy that verifies and forwards. It knows no JSON that is large, no memory of what it has seen: that is all it can do.
/// </summary>
internal static class HaProxy
{
    public static Peer Peer { get; } = new("HAProxy, verifies only", static ground => PeerGround.StartAsync(
        static (_, folder) => ["haproxy", "-db", "-f", Path.Combine(folder, "haproxy.cfg")],
        (address, _) => [("haproxy.cfg", Config(ground, address))]))
    {
        FitsSize = true,
    };

    // A thread for each core, by default. What it verifies must fit into a buffer, and each request has one.
    private static string Config(PeerGround ground, Uri address) =>
        $$"""
        global
          maxconn 500
          tune.bufsize {{ground.Bytes + 65536}}
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          http-reuse always
        frontend public
          bind {{address.Authority}}
          http-request wait-for-body time 30s
          http-request set-var(txn.signature) req.hdr(X-Hub-Signature)
          http-request deny deny_status 404 unless { path {{Webhooks.Path}} }
          http-request deny deny_status 401 unless { req.body,hmac(sha1,{{Convert.ToBase64String(Encoding.UTF8.GetBytes(Webhooks.Secret))}}),hex,lower,secure_memcmp(txn.signature) }
          default_backend service
        backend service
          server service {{ground.Upstream.Addresses[0].Authority}}

        """;
}

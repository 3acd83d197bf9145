namespace AngoGateway.Bench.Peers;

/// <summary>
/// What the vendor's page on webhooks has an internal service do itself, in Flask: verify, parse, answer. It forwards nothing and
/// remembers nothing. Served by gunicorn: Flask's own server is not meant for use.
/// </summary>
internal static class FlaskSample
{
    public static Peer Peer { get; } = new("Flask sample, no forwarding", static _ => PeerGround.StartAsync(
        static (address, folder) =>
        [
            "/usr/bin/gunicorn", "--chdir", folder, "--bind", address.Authority, "--worker-class", "gthread", "--workers", "2", "--threads", "8",
            "--keep-alive", "75", "--graceful-timeout", "1", "--log-level", "warning", "sample:app",
        ],
        static (_, _) => [("sample.py", Sample)]))
    {
        Arrivals = 0,
    };

    private const string Sample =
        $"""
        import hashlib
        import hmac
        from flask import Flask, request

        app = Flask(__name__)
        SECRET = b"{Webhooks.Secret}"


        @app.route("{Webhooks.Path}", methods=["POST"])
        def webhook():
            signature = hmac.new(SECRET, request.get_data(), hashlib.sha1).hexdigest()
            if not hmac.compare_digest(signature, request.headers.get("X-Hub-Signature", "")):
                return "", 401
            request.get_json()
            return "", 200

        """;
}

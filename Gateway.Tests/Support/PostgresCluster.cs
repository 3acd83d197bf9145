using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace AngoGateway.Tests.Support;

/// <summary>
/// A PostgreSQL of the tests' own: a throwaway cluster in a temporary folder, on a free loopback port, with fsync on. It ends
/// and its folder goes when the process that started it is gone, however that ended.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Of every connection string; must never be seen in a log or an answer.</summary>
    public const string Password = "canary-database-password";

    private const string Missing = "PostgreSQL's server is missing: install it with apt-get install postgresql (13 or newer).";

    // The pipe to `cat` closes with the process that holds its other end; INT is a fast shutdown. Only one who is alive says
    // that the files are still wanted.
    private const string Watch =
        """
        folder=$1; shift
        "$@" > "$folder/log" 2>&1 &
        server=$!
        echo "$server"
        word=$(cat)
        kill -INT "$server" 2> /dev/null
        wait "$server"
        [ "$word" = keep ] || rm -rf "$folder"
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lock Gate = new();
    private static Task<PostgresCluster>? _shared;

    private readonly string _folder;
    private readonly int _port;
    private readonly string[] _settings;
    private Process? _watch;

    private PostgresCluster(string folder, int port, string[] settings) => (_folder, _port, _settings) = (folder, port, settings);

    /// <summary>One for all tests that only need a schema; nobody stops or restarts it.</summary>
    public static Task<PostgresCluster> SharedAsync()
    {
        lock (Gate)
            return _shared ??= Task.Run(() => StartNewAsync());
    }

    /// <summary>Whether this machine can start one; for tests that are skipped without it.</summary>
    public static bool IsInstalled => Bin is not null;

    /// <summary>Of the server's first process, while it runs.</summary>
    public int ProcessId { get; private set; }

    public string Log => File.Exists(Path.Combine(_folder, "log")) ? File.ReadAllText(Path.Combine(_folder, "log")) : "";

    // Debian keeps one folder per version and puts none of them on the path.
    private static string? Bin => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin"))
            .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
            .MaxBy(bin => int.TryParse(Path.GetFileName(Path.GetDirectoryName(bin)), CultureInfo.InvariantCulture, out var version) ? version : 0)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")));

    // It refuses to run as root.
    private static string[] AsSomebody => Environment.UserName == "root"
        ? ["setpriv", $"--reuid={Somebody}", $"--regid={Somebody}", "--clear-groups"]
        : [];

    private static string Somebody => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    /// <summary>A cluster that its test may stop, kill and start again.</summary>
    /// <param name="settings">As <c>postgresql.conf</c> has them, e.g. <c>fsync=off</c>.</param>
    public static async Task<PostgresCluster> StartNewAsync(params string[] settings)
    {
        var cluster = Make(settings, "initdb", ["-U", "gateway", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        await cluster.StartAsync();
        return cluster;
    }

    /// <summary>A standby that follows this one; from now on a commit here waits until it is on the standby's disk, too.</summary>
    public async Task<PostgresCluster> StartStandbyAsync()
    {
        var standby = Make(_settings, "pg_basebackup", ["-h", "127.0.0.1", "-p", $"{_port}", "-U", "gateway", "-R", "-X", "stream", "-c", "fast"]);
        await standby.StartAsync();
        await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.TrueAsync(
            async () => await ScalarAsync("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") is 1L, Patience, () => "a synchronous standby");
        return standby;
    }

    /// <param name="schema">The only one in its search path.</param>
    public string ConnectionString(string schema = "public") => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={_port};Database=postgres;Username=gateway;Password={Password};Search Path={schema}");

    /// <summary>Of a client that finds out which of the two takes writes.</summary>
    public string ConnectionString(PostgresCluster other) => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1:{_port},127.0.0.1:{other._port};Database=postgres;Username=gateway;Password={Password}");

    /// <summary>Starts it on the same files and the same port; returns when it takes connections.</summary>
    /// <remarks>After a SIGKILL the server's children hold its memory for a moment longer, and a new one ends at once.</remarks>
    public Task StartAsync() => Eventually.TrueAsync(TryStartAsync, Patience, () => $"PostgreSQL takes connections; its log says: {Log}");

    /// <summary>INT: fast. QUIT: immediate, as after a crash. KILL: without a word. Returns when the server is gone.</summary>
    public async Task StopAsync(string signal = "INT")
    {
        Tool.Run("kill", $"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture));
        await EndWatchAsync();
    }

    public async Task ExecuteAsync(string sql, string schema = "public")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(schema) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> ScalarAsync(string sql, string schema = "public")
    {
        await using var connection = new NpgsqlConnection(ConnectionString(schema) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
            await StopAsync();

        Directory.Delete(_folder, recursive: true);
    }

    // Files are made by a program of PostgreSQL's, into the folder that its option -D names.
    private static PostgresCluster Make(string[] settings, string program, string[] options)
    {
        var bin = Bin ?? throw new InvalidOperationException(Missing);
        var folder = Directory.CreateTempSubdirectory("ango-gateway-postgres-").FullName;
        if (AsSomebody.Length > 0)
            Tool.Run("chown", Somebody, folder);

        Tool.Run("env", ["-C", folder, .. AsSomebody, Path.Combine(bin, program), "-D", Path.Combine(folder, "data"), .. options]);
        return new PostgresCluster(folder, FreePort(), settings);
    }

    private IEnumerable<string> Settings() =>
    [
        "listen_addresses=127.0.0.1", $"port={_port}", $"unix_socket_directories={_folder}", "max_connections=300", "fsync=on",
        // What other work on the machine does not need; nothing here changes what a commit means.
        "shared_buffers=128MB", "autovacuum_naptime=10s", "log_line_prefix=%m [%p] %q%d ", .. _settings,
    ];

    private async Task<bool> TryStartAsync()
    {
        _watch = Process.Start(new ProcessStartInfo(
            "setsid",
            ["sh", "-c", Watch, "sh", _folder, "env", "-C", _folder, .. AsSomebody, Path.Combine(Bin!, "postgres"), "-D", Path.Combine(_folder, "data"),
                .. Settings().SelectMany(setting => (string[])["-c", setting])])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        ProcessId = int.Parse((await _watch.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await ticks.WaitForNextTickAsync())
        {
            if (await AnswersAsync())
                return true;

            if (!IsRunning())
                break;
        }

        await EndWatchAsync();
        return false;
    }

    // One that has ended is a zombie until its watch has looked after it. The state follows the name in parentheses.
    private bool IsRunning() =>
        File.Exists($"/proc/{ProcessId}/stat") && File.ReadAllText($"/proc/{ProcessId}/stat").Split(") ") is [_, [not 'Z', ..]];

    private async Task EndWatchAsync()
    {
        await _watch!.StandardInput.WriteAsync("keep");
        _watch.StandardInput.Close();
        await _watch.WaitForExitAsync();
        _watch.Dispose();
        _watch = null;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return await ScalarAsync("SELECT 1") is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

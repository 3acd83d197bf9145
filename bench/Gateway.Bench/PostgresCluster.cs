using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace AngoGateway.Bench;

/// <summary>
/// A PostgreSQL of the bench's own: a throwaway cluster in a temporary folder, on a free loopback port, as an unprivileged
/// user, with fsync on. It ends and its folder goes with the bench, however that ended.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Beside the port: more than a small server's defaults, nothing that changes what a commit means.</summary>
    public const string Settings = "shared_buffers=1GB max_wal_size=8GB max_connections=300 autovacuum_naptime=10s";

    private const string Missing = "PostgreSQL's server is missing: apt-get install postgresql (13 or newer).";

    // The pipe to `cat` closes with the process that holds its other end; INT is a fast shutdown.
    private const string Watch =
        """
        folder=$1; shift
        "$@" > "$folder/log" 2>&1 &
        server=$!
        echo "$server"
        cat > /dev/null
        kill -INT "$server" 2> /dev/null
        wait "$server"
        rm -rf "$folder"
        """;

    private readonly Process _watch;
    private readonly int _process;
    private readonly int _port;
    private int _schemas;

    private PostgresCluster(Process watch, int process, int port) => (_watch, _process, _port) = (watch, process, port);

    /// <summary>Processor time used so far by all its processes, those that have ended included.</summary>
    public TimeSpan Processor => ProcessTimes.OfFamily(_process);

    private string Address => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Database=postgres;Username=gateway");

    // Debian keeps one folder per version and puts none of them on the path.
    private static string Bin => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin"))
            .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
            .MaxBy(bin => int.TryParse(Path.GetFileName(Path.GetDirectoryName(bin)), CultureInfo.InvariantCulture, out var version) ? version : 0)
            ?? throw new InvalidOperationException(Missing)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            ?? throw new InvalidOperationException(Missing);

    // It refuses to run as root.
    private static string[] AsSomebody => Environment.UserName == "root"
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        : [];

    /// <param name="more">Settings beside <see cref="Settings"/>.</param>
    public static async Task<PostgresCluster> StartAsync(params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-bench-postgres-").FullName;
        var (data, port) = (Path.Combine(folder, "data"), FreePort());
        if (AsSomebody.Length > 0)
        {
            await RunAsync("chown", "postgres", folder);
        }

        await RunAsync("env", ["-C", folder, .. AsSomebody, Path.Combine(Bin, "initdb"), "-D", data,
            "-U", "gateway", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        string[] settings = ["listen_addresses=127.0.0.1", $"port={port}", $"unix_socket_directories={folder}", "fsync=on", .. Settings.Split(' '), .. more];
        var watch = Process.Start(new ProcessStartInfo(
            "setsid",
            ["sh", "-c", Watch, "sh", folder, "env", "-C", folder, .. AsSomebody, Path.Combine(Bin, "postgres"), "-D", data,
                .. settings.SelectMany(setting => (string[])["-c", setting])])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var cluster = new PostgresCluster(watch, int.Parse((await watch.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture), port);
        await cluster.AnswersAsync();
        return cluster;
    }

    /// <summary>For a schema of its own, which does not exist yet: the gateway makes it.</summary>
    public string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"{Address};Search Path=bench_{Interlocked.Increment(ref _schemas)}");

    /// <summary>A connection of its own, which the caller closes.</summary>
    /// <param name="text">Null: to no schema of any gateway's.</param>
    public async Task<NpgsqlConnection> ConnectAsync(string? text = null)
    {
        var connection = new NpgsqlConnection($"{text ?? Address};Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>What it has done so far.</summary>
    public async Task<DatabaseWork> WorkAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(
            "SELECT wal_bytes::float8, wal_sync::float8, (SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres')::float8 FROM pg_stat_wal", connection);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return new DatabaseWork(Processor.TotalMicroseconds, row.GetDouble(0), row.GetDouble(1), row.GetDouble(2));
    }

    public async ValueTask DisposeAsync()
    {
        _watch.StandardInput.Close();
        await _watch.WaitForExitAsync();
        _watch.Dispose();
    }

    private async Task AnswersAsync()
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var tries = 0; await ticks.WaitForNextTickAsync(); tries++)
        {
            try
            {
                await WorkAsync();
                return;
            }
            catch (NpgsqlException) when (tries < 300)
            {
                // It is still starting.
            }
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>What a database did, from its start or between two looks.</summary>
/// <param name="Microseconds">Processor time.</param>
/// <param name="WalBytes">Written to the log.</param>
/// <param name="Syncs">Of the log.</param>
/// <param name="Commits">Transactions, those that only read included.</param>
internal readonly record struct DatabaseWork(double Microseconds, double WalBytes, double Syncs, double Commits)
{
    public static DatabaseWork operator -(DatabaseWork later, DatabaseWork sooner) => new(
        later.Microseconds - sooner.Microseconds, later.WalBytes - sooner.WalBytes, later.Syncs - sooner.Syncs, later.Commits - sooner.Commits);

    public static DatabaseWork operator /(DatabaseWork work, double events) => new(
        work.Microseconds / events, work.WalBytes / events, work.Syncs / events, work.Commits / events);
}

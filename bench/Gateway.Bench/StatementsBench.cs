using Npgsql;

namespace AngoGateway.Bench;

/// <summary>
/// What each of the journal's statements costs the database: one gateway under light and under full load, and what grows with
/// the number of gateways, by itself. The simulation of bench/scaling takes its figures from here.
/// </summary>
internal static class StatementsBench
{
    private const int InHand = 10_000;
    private const int Notes = 2000;

    // By what only one of them says. pg_stat_statements has their text with the values left out.
    private const string Named =
        """
        SELECT CASE
            WHEN query LIKE '%INSERT INTO event_key%' THEN 'accept'
            WHEN query LIKE '%nextval(''lease_seq'')%' THEN 'claim'
            WHEN query LIKE '%SELECT d.due_at, %' THEN 'next due'
            WHEN query LIKE '%octet_length(bytes)%' THEN 'payload'
            WHEN query LIKE '%WITH u AS%' THEN 'settle'
            WHEN query LIKE '%lease_until = %FROM unnest%' THEN 'renew'
            WHEN query LIKE '%FROM lane%' OR query LIKE '%FROM forgotten%' OR query LIKE '%unnest($2) AS c(name)%' THEN 'look'
            WHEN query LIKE '%replica%' THEN 'sign of life'
            WHEN query LIKE '%min(seq) AS oldest%' THEN 'backlog'
            WHEN query LIKE '%pg_notify%' THEN 'note'
            ELSE 'other' END AS statement,
          sum(calls)::float8, sum(rows)::float8, sum(total_exec_time * 1000)::float8
        FROM pg_stat_statements GROUP BY 1 ORDER BY 4 DESC
        """;

    public static async Task RunAsync(BenchOptions options)
    {
        await using var database = await PostgresCluster.StartAsync("shared_preload_libraries=pg_stat_statements");
        await using var connection = await database.ConnectAsync();
        await ExecuteAsync(connection, "CREATE EXTENSION pg_stat_statements");
        var (schema, all) = (database.NewSchema(), 0);
        await using (var stand = await GatewayStand.PostgresAsync(options, database, schema, replicas: 1))
        {
            all = (await LoadAsync(stand, options.Connections, options.WarmUp)).Events;
            foreach (var connections in new[] { 1, 4, options.Connections, 4 * options.Connections })
            {
                await ExecuteAsync(connection, "SELECT pg_stat_statements_reset()");
                var before = await database.WorkAsync();
                var (events, rate) = await LoadAsync(stand, connections, options.Seconds);
                all += events;
                var work = (await database.WorkAsync() - before) / events;
                Console.WriteLine();
                Console.WriteLine($"{connections} connections, {rate:0} accepted/s: {work.Microseconds:0} µs, {work.WalBytes:0} bytes of log, {work.Syncs:0.000} syncs, {work.Commits:0.00} transactions each");
                await PrintAsync(connection, events);
            }
        }

        await using (var gone = await database.ConnectAsync(schema))
        {
            Console.WriteLine();
            await PrintSizesAsync(gone, all);
            await PrintWaitingAsync(gone);
        }

        foreach (var listeners in new[] { 0, 1, 10, 50, 100 })
        {
            Console.WriteLine($"a note to {listeners} listeners: {await NoteAsync(database, connection, listeners):0} µs");
        }
    }

    private static async Task<(int Events, double Rate)> LoadAsync(Stand stand, int connections, int seconds)
    {
        var loop = await ClosedLoop.RunAsync(stand.Targets, connections, TimeSpan.FromSeconds(seconds), static () => { });
        await stand.DrainAsync();
        return (loop.Accepted, loop.PerSecond);
    }

    private static async Task PrintAsync(NpgsqlConnection connection, int events)
    {
        Console.WriteLine("| statement | per webhook | rows each | µs each | µs per webhook |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        await using var command = new NpgsqlCommand(Named, connection);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            var (calls, rows, time) = (row.GetDouble(1), row.GetDouble(2), row.GetDouble(3));
            Console.WriteLine($"| {row.GetString(0)} | {calls / events:0.0000} | {rows / calls:0.0} | {time / calls:0} | {time / events:0.0} |");
        }
    }

    // Partitions are named after their tables.
    private static async Task PrintSizesAsync(NpgsqlConnection connection, int events)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT CASE WHEN relname LIKE 'event_key%' THEN 'event_key' ELSE split_part(relname, '_', 1) END, sum(pg_table_size(oid))::float8, sum(pg_indexes_size(oid))::float8
            FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace GROUP BY 1 HAVING sum(pg_total_relation_size(oid)) > 1e6 ORDER BY 2 DESC
            """,
            connection);
        Console.WriteLine();
        Console.WriteLine($"| bytes on the disk per webhook, of {events} | table | indexes |");
        Console.WriteLine("| --- | --- | --- |");
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            Console.WriteLine($"| {row.GetString(0)} | {row.GetDouble(1) / events:0} | {row.GetDouble(2) / events:0} |");
        }
    }

    // As a claim does that finds nothing: every row before the first free one is read. And as a count does.
    private static async Task PrintWaitingAsync(NpgsqlConnection connection)
    {
        const string claim =
            """
            SELECT event_id FROM delivery
            WHERE consumer = 'consumer-1' AND state = 0 AND due_at <= 0 AND lease_until <= 1 ORDER BY due_at, seq, replay LIMIT 16
            """;
        const string count = "SELECT consumer, count(*), min(seq) AS oldest FROM delivery WHERE state = 0 GROUP BY consumer";
        await ExecuteAsync(connection, $"UPDATE delivery SET state = 0, due_at = 0, lease_until = 2 WHERE event_id IN (SELECT event_id FROM delivery LIMIT {InHand})");
        await ExecuteAsync(connection, "VACUUM ANALYZE delivery");
        Console.WriteLine($"a row that a count finds waiting: {await EachAsync(count):0.00} µs");
        await ExecuteAsync(connection, "SET enable_seqscan = off; SET enable_bitmapscan = off");
        Console.WriteLine($"a look past a row in somebody's hands: {await EachAsync(claim):0.00} µs");

        async Task<double> EachAsync(string sql)
        {
            const int times = 20;
            await ExecuteAsync(connection, sql);
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < times; i++)
            {
                await ExecuteAsync(connection, sql);
            }

            return TimeProvider.System.GetElapsedTime(began).TotalMicroseconds / times / InHand;
        }
    }

    private static async Task<double> NoteAsync(PostgresCluster database, NpgsqlConnection connection, int listeners)
    {
        var ears = new List<NpgsqlConnection>();
        using var stop = new CancellationTokenSource();
        var hearing = new List<Task>();
        for (var i = 0; i < listeners; i++)
        {
            ears.Add(await database.ConnectAsync());
            await ExecuteAsync(ears[i], "LISTEN bench");
            hearing.Add(HearAsync(ears[i], stop.Token));
        }

        var before = database.Processor;
        for (var i = 0; i < Notes; i++)
        {
            await ExecuteAsync(connection, $"SELECT pg_notify('bench', '{i:x32} consumer-1')");
        }

        var took = (database.Processor - before).TotalMicroseconds / Notes;
        await stop.CancelAsync();
        await Task.WhenAll(hearing);
        foreach (var ear in ears)
        {
            await ear.DisposeAsync();
        }

        return took;
    }

    private static async Task HearAsync(NpgsqlConnection ear, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await ear.WaitAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Heard enough.
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

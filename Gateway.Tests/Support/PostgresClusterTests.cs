namespace AngoGateway.Tests.Support;

public sealed class PostgresClusterTests
{
    [Fact]
    public async Task A_cluster_of_the_tests_own_syncs_its_disk_and_comes_back_after_a_kill()
    {
        await using var cluster = await PostgresCluster.StartNewAsync();
        await cluster.ExecuteAsync("CREATE SCHEMA own; CREATE TABLE own.kept(id integer); INSERT INTO own.kept VALUES(7)");

        await cluster.StopAsync("KILL");
        await cluster.StartAsync();

        Assert.Equal(7, await cluster.ScalarAsync("SELECT id FROM kept", "own"));
        Assert.Equal("on", await cluster.ScalarAsync("SHOW fsync"));
    }
}

using AngoGateway.Configuration;
using AngoGateway.Journal;
using Microsoft.AspNetCore.Routing;

namespace AngoGateway.Operator;

/// <summary>Which gateways share the journal, and whether they have the same configuration in force.</summary>
internal sealed class ReplicasEndpoint(LiveSnapshot live, IJournalOperations operations)
{
    public void Map(IEndpointRouteBuilder api) => api.MapGet("/replicas", async (CancellationToken cancellationToken) =>
    {
        var replicas = await operations.ReplicasAsync(cancellationToken);
        var differ = replicas.Select(replica => replica.Revision).Append(live.Current.Revision).Distinct(StringComparer.Ordinal).Count() > 1;
        return OperatorJson.Of(new ReplicasView(live.Current.Revision, differ, [.. replicas.Select(ReplicaView.Of)]));
    });
}

/// <summary>Differ: not all of them have the same configuration in force. Replicas is empty when the journal has one owner.</summary>
internal sealed record ReplicasView(string Revision, bool Differ, IReadOnlyList<ReplicaView> Replicas);

/// <summary>Self: the one that answers. SeenAt: its last sign of life.</summary>
internal sealed record ReplicaView(string Id, bool Self, string Host, string Revision, DateTimeOffset StartedAt, DateTimeOffset SeenAt)
{
    public static ReplicaView Of(Replica replica) =>
        new(replica.Id.ToString("D"), replica.IsSelf, replica.Host, replica.Revision, replica.StartedAt, replica.SeenAt);
}

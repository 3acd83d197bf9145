using System.Text.Json;

namespace AngoGateway.Consumers;

/// <summary>
/// Checks a consumer's <c>cluster</c> as YARP would read it. Configuration calls it and Forwarding implements it: only
/// that room knows YARP, and neither room imports the other.
/// </summary>
/// <param name="cluster">The element as written.</param>
/// <returns>Every fault there is, in no promised order; none when YARP would take the cluster.</returns>
internal delegate IEnumerable<ClusterFault> ClusterCheck(JsonElement cluster);

/// <summary>One fault of a consumer's <c>cluster</c>.</summary>
/// <param name="Path">JSON path from the cluster element: <c>$.Destinations.a.Address</c>.</param>
/// <param name="Message">What is wrong and what to write instead, without a final full stop.</param>
internal readonly record struct ClusterFault(string Path, string Message);

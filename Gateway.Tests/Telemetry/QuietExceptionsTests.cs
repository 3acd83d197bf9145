using System.Diagnostics;
using AngoGateway.Telemetry;
using AngoGateway.Tests.Forwarding;

namespace AngoGateway.Tests.Telemetry;

public sealed class QuietExceptionsTests
{
    [Fact]
    public async Task HttpClients_span_tells_the_kind_of_a_failure_and_not_its_words()
    {
        using var quiet = QuietExceptions.Listen();
        await using var server = RawServer.Says("a secret is no HTTP\r\n\r\n");
        var ended = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("url.full") is string url && url.StartsWith(server.Url, StringComparison.Ordinal))
                    ended.TrySetResult(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var client = new HttpClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Url));

        var span = await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var words = Assert.Single(span.Events).Tags.ToDictionary(tag => tag.Key, tag => tag.Value?.ToString());
        Assert.Equal("invalid_response", span.GetTagItem("error.type"));
        Assert.Equal(typeof(HttpRequestException).FullName, words["exception.type"]);
        Assert.DoesNotContain(words.Values, word => word!.Contains("secret", StringComparison.Ordinal));
        Assert.Null(span.StatusDescription);
    }
}

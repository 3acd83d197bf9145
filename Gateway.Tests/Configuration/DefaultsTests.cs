using System.ComponentModel;
using System.Reflection;
using AngoGateway.Configuration;
using AngoGateway.Consumers;
using AngoGateway.Journal;
using AngoGateway.Routing;
using AngoGateway.Sources;

namespace AngoGateway.Tests.Configuration;

/// <summary>What holds when a key is left out. A change here is a change for everybody who left it out.</summary>
public sealed class DefaultsTests : IDisposable
{
    private readonly TestConfig _config = new("""
        {
          "sources": { "ango": { "path": "/hooks/ango", "auth": { "type": "hubSignature", "secrets": "env:SECRET" } } },
          "consumers": { "training": { "url": "http://training:9000/ango" }, "qa": { "cluster": { "Destinations": {} } } },
          "routes": [ { "match": {}, "to": "training" } ]
        }
        """);

    public void Dispose() => _config.Dispose();

    [Fact]
    public void Listen_public_is_port_8080_on_all_addresses() => Assert.Equal("http://0.0.0.0:8080", Snapshot.Listen.Public);

    [Fact]
    public void Listen_admin_is_port_8081_on_this_machine_only() => Assert.Equal("http://127.0.0.1:8081", Snapshot.Listen.Admin);

    [Fact]
    public void Journal_type_is_sqlite() => Assert.Equal(JournalType.Sqlite, Snapshot.Journal.Type);

    [Fact]
    public void Journal_path_is_beside_the_configuration() => Assert.Equal(_config.PathOf("data/gateway.db"), Snapshot.Journal.Path);

    [Fact]
    public void Journal_has_no_database() => Assert.Null(Snapshot.Database);

    [Fact]
    public void Retention_of_events_is_a_week() => Assert.Equal(TimeSpan.FromDays(7), Snapshot.Retention.Events);

    [Fact]
    public void Retention_of_keys_is_a_year() => Assert.Equal(TimeSpan.FromDays(365), Snapshot.Retention.Keys);

    [Fact]
    public void Body_bytes_are_32_MiB() => Assert.Equal(32 * 1024 * 1024, Snapshot.Limits.BodyBytes);

    [Fact]
    public void Body_timeout_is_half_a_minute() => Assert.Equal(TimeSpan.FromSeconds(30), Snapshot.Limits.BodyTimeout);

    [Fact]
    public void A_source_has_no_project() => Assert.Null(Source.Project);

    [Fact]
    public void A_source_has_no_rate_limit() => Assert.Null(Source.RateLimit);

    [Fact]
    public void A_source_does_not_trust_its_senders_trace_context() => Assert.False(Source.TrustTraceContext);

    [Fact]
    public void Auth_header_is_Ango_Hubs() => Assert.Equal("X-Hub-Signature", Source.Auth.Header);

    [Fact]
    public void Auth_algorithm_is_sha1() => Assert.Equal(SignatureAlgorithm.Sha1, Source.Auth.Algorithm);

    [Fact]
    public void Auth_has_no_retired_secrets() => Assert.Null(Source.Auth.RetiredSecrets);

    [Fact]
    public void Auth_allows_nobody_unauthenticated() => Assert.False(Source.Auth.AllowUnauthenticated);

    [Fact]
    public void Delivery_timeout_is_half_a_minute() => Assert.Equal(TimeSpan.FromSeconds(30), Consumer.Timeout);

    [Fact]
    public void Delivery_concurrency_is_16() => Assert.Equal(16, Consumer.Concurrency);

    [Fact]
    public void Retry_first_delay_is_5_seconds() => Assert.Equal(TimeSpan.FromSeconds(5), Consumer.Retry.FirstDelay);

    [Fact]
    public void Retry_max_delay_is_an_hour() => Assert.Equal(TimeSpan.FromHours(1), Consumer.Retry.MaxDelay);

    [Fact]
    public void Retry_max_age_is_a_day() => Assert.Equal(TimeSpan.FromDays(1), Consumer.Retry.MaxAge);

    [Fact]
    public void Route_mode_is_queue() => Assert.Equal(RouteMode.Queue, Route.Mode);

    [Fact]
    public void Route_name_is_left_to_the_table() => Assert.Null(Route.Name);

    [Fact]
    public void Routes_are_none()
    {
        _config.Write("""{ "sources": { "open": { "path": "/", "auth": { "type": "none", "allowUnauthenticated": true } } }, "consumers": {} }""");

        Assert.Null(_config.Read().Config!.Routes);
        Assert.NotNull(Snapshot.Routes);
    }

    [Fact]
    public void An_empty_section_has_the_defaults_of_a_missing_one()
    {
        var before = Snapshot;
        _config.Write(File.ReadAllText(_config.FilePath).TrimEnd().TrimEnd('}')
            + """, "listen": {}, "journal": {}, "retention": {}, "limits": {} }""");

        Assert.Equal(
            (before.Listen, before.Journal, before.Retention, before.Limits),
            (Snapshot.Listen, Snapshot.Journal, Snapshot.Retention, Snapshot.Limits));
    }

    /// <summary>Durations have their default where they are compiled; what the schema says of it must be the same.</summary>
    [Fact]
    public void The_schema_shows_the_defaults_that_are_compiled()
    {
        var shown = new[] { typeof(LimitsConfig), typeof(RetentionConfig), typeof(DeliveryConfig), typeof(RetryConfig) }
            .SelectMany(type => type.GetProperties())
            .Where(property => property.PropertyType == typeof(TimeSpan?))
            .ToDictionary(property => property.Name, property => property.GetCustomAttribute<DefaultValueAttribute>()!.Value);

        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["BodyTimeout"] = $"{Snapshot.Limits.BodyTimeout:c}",
                ["Events"] = $"{Snapshot.Retention.Events:c}",
                ["Keys"] = $"{Snapshot.Retention.Keys:c}",
                ["DeadLetters"] = $"{Snapshot.Retention.DeadLetters:c}",
                ["Timeout"] = $"{Consumer.Timeout:c}",
                ["FirstDelay"] = $"{Consumer.Retry.FirstDelay:c}",
                ["MaxDelay"] = $"{Consumer.Retry.MaxDelay:c}",
                ["MaxAge"] = $"{Consumer.Retry.MaxAge:c}",
            },
            shown);
    }

    private GatewaySnapshot Snapshot => TestConfig.Loader().Load(_config.FilePath, null).Snapshot!;

    private SourceConfig Source => _config.Read().Config!.Sources["ango"];

    private RouteConfig Route => _config.Read().Config!.Routes![0];

    private Consumer Consumer => Snapshot.Consumers["training"];
}

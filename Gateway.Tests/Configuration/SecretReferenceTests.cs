using AngoGateway.Configuration;

namespace AngoGateway.Tests.Configuration;

public sealed class SecretReferenceTests : IDisposable
{
    private const string Canary = "canary-secret-value";

    private readonly TestConfig _config = new();

    public void Dispose() => _config.Dispose();

    [Fact]
    public void A_variable_is_read_from_the_environment_that_was_passed_in()
    {
        Assert.Equal("s3cr3t-SECRET"u8.ToArray(), _config.Read().Secrets["env:SECRET"]);
    }

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData("secret\n\n", "secret\n")]
    [InlineData(" secret ", " secret ")]
    [InlineData("\nsecret", "\nsecret")]
    public void A_file_loses_one_newline_at_its_end_and_nothing_else(string written, string secret)
    {
        File.WriteAllText(_config.PathOf("token"), written);
        _config.Write(With("file:token"));

        Assert.Equal(secret, System.Text.Encoding.UTF8.GetString(_config.Read().Secrets["file:token"]));
    }

    [Fact]
    public void A_file_is_looked_for_beside_the_configuration_and_absolute_paths_stand()
    {
        var path = _config.PathOf("keys/token");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "secret");
        _config.Write(With("file:keys/token", $"file:{path}"));

        var reading = _config.Read();

        Assert.Empty(reading.Faults);
        Assert.Equal(reading.Secrets["file:keys/token"], reading.Secrets[$"file:{path}"]);
        Assert.Equal([path], reading.Files.SecretPaths);
    }

    [Fact]
    public void A_file_too_large_for_a_secret_is_a_fault()
    {
        File.WriteAllBytes(_config.PathOf("token"), new byte[64 * 1024 + 1]);
        _config.Write(With("file:token"));

        Assert.EndsWith("is larger than 65536 bytes", Assert.Single(_config.Read().Faults).Message);
    }

    [Theory]
    [InlineData("SECRET")]
    [InlineData("env:")]
    [InlineData("env:9LIVES")]
    [InlineData("env:A B")]
    [InlineData("env:A=B")]
    [InlineData("file:")]
    [InlineData("vault:x")]
    [InlineData("Env:SECRET")]
    [InlineData(" env:SECRET")]
    public void Everything_else_is_no_reference(string text) => Assert.Null(SecretReference.Parse(text));

    [Fact]
    public void No_fault_repeats_what_may_be_a_secret()
    {
        _config.Write($$"""
            {
              "sources": {
                "a": { "path": "/a", "auth": { "type": "hubSignature", "secrets": ["{{Canary}}", "env:{{Canary}}", "x:{{Canary}}"], "retiredSecrets": "{{Canary}}" } },
                "b": { "path": "/b", "auth": { "type": "bearer", "tokens": "{{Canary}}", "header": "{{Canary}} " } }
              },
              "consumers": { "c": { "url": "http://user:{{Canary}}@training/" }, "d": { "url": "http://d/?key={{Canary}}" } }
            }
            """);

        var faults = _config.Read().Faults;

        Assert.Equal(8, faults.Count);
        Assert.DoesNotContain(faults, fault => fault.ToString().Contains(Canary, StringComparison.Ordinal));
    }

    [Fact]
    public void A_connection_string_is_nowhere_in_what_is_printed()
    {
        _config.Write(TestConfig.Good.Replace("\"memory\"", "\"postgres\", \"connectionString\": \"env:DATABASE\"", StringComparison.Ordinal));

        var snapshot = TestConfig.Loader().Load(_config.FilePath, null).Snapshot!;

        Assert.Contains("Password=s3cr3t", snapshot.Database!.ConnectionString, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", snapshot.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_secrets_only_the_form_of_a_reference_is_checked()
    {
        _config.Write(With("env:NOT_SET", "file:missing", "literal"));

        var fault = Assert.Single(TestConfig.Loader().Read(_config.FilePath, withSecrets: false).Faults);

        Assert.Equal("$.sources.ango.auth.secrets[2]", fault.Path);
    }

    private static string With(params string[] references) => TestConfig.Good.Replace(
        "\"env:SECRET\"", string.Join(", ", references.Select(reference => $"\"{reference}\"")), StringComparison.Ordinal);
}

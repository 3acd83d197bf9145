using System.CommandLine;
using System.Text.RegularExpressions;
using AngoGateway.Commands;
using AngoGateway.Tests.Configuration;
using AngoGateway.Tests.House;

namespace AngoGateway.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private const string Open = """
        {
          "sources": { "ango": { "path": "/hooks/ango", "auth": { "type": "none", "allowUnauthenticated": true }, "project": "of-the-source" } },
          "consumers": { "training": { "url": "http://127.0.0.1:9000/ango" }, "qa": { "url": "http://127.0.0.1:9001/ango" } },
          "routes": [
            { "name": "revisions", "match": { "stage": "révision*" }, "to": ["training"] },
            { "name": "other project", "match": { "project": "000000000000000000000000" }, "to": ["qa"] }
          ],
          "retention": { "keys": "36500.00:00:00" }
        }
        """;

    private readonly TestConfig _config = new(Open);

    public void Dispose() => _config.Dispose();

    [Fact]
    public void A_good_file_is_called_good()
    {
        var (exitCode, output, error) = Check();

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches($@"^{Regex.Escape(_config.FilePath)} is good: 1 source, 2 consumers, 2 routes, revision [0-9a-f]{{12}}\n$", output);
    }

    [Fact]
    public void Every_fault_of_a_bad_file_is_a_line_with_its_place()
    {
        _config.Write("{\n  \"sources\": {},\n  \"consumers\": { \"qa\": { \"uri\": \"http://qa\" } }\n}");

        var (exitCode, output, error) = Check();

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal(
            $"""
            {_config.FilePath}:2: $.sources: is empty, so that no webhook could ever arrive: write at least one source
            {_config.FilePath}:3: $.consumers.qa.uri: unknown key "uri": did you mean "url"?
            {_config.FilePath}:3: $.consumers.qa: needs an address: write "url": "http://training:9000/ango", or "cluster" for several
            {_config.FilePath} has 3 faults.

            """,
            error);
    }

    [Fact]
    public void A_missing_file_is_a_fault()
    {
        var (exitCode, _, error) = Check("--config", _config.PathOf("other.json"));

        Assert.Equal(1, exitCode);
        Assert.Contains("other.json does not exist", error);
    }

    [Fact]
    public void Secrets_are_looked_for_unless_it_is_told_not_to()
    {
        _config.Write(TestConfig.Good.Replace("env:SECRET", "env:ANGO_GATEWAY_TEST_NEVER_SET", StringComparison.Ordinal));

        var with = Check();
        var without = Check("--no-secrets");

        Assert.Equal(1, with.ExitCode);
        Assert.Contains("export ANGO_GATEWAY_TEST_NEVER_SET=…", with.Error);
        Assert.Equal(0, without.ExitCode);
        Assert.Contains("(secrets were not looked for)", without.Output);
    }

    [Fact]
    public void YARP_is_asked_about_a_cluster()
    {
        _config.Write(Open.Replace("\"url\": \"http://127.0.0.1:9001/ango\"", "\"cluster\": { \"Destinatons\": {} }", StringComparison.Ordinal));

        var (exitCode, _, error) = Check();

        Assert.Equal(1, exitCode);
        Assert.Contains(":3: $.consumers.qa.cluster.Destinatons: ", error);
    }

    [Fact]
    public void A_payload_shows_its_envelope_its_key_and_what_each_route_says()
    {
        var (exitCode, output, error) = Check("--payload", Sample("07-unicode-stage.json"));

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("\"Révision – Étape 2\"", output);
        Assert.Matches(@"(?m)^  key         [0-9a-f]{48}$", output);
        Assert.Contains("  yes  revisions → training\n", output);
        Assert.Matches(@"(?m)^  no   other project: .*000000000000000000000000", output);
        Assert.EndsWith("Queued for training.\n", output);
    }

    [Fact]
    public void The_same_payload_has_the_same_key_and_another_one_another()
    {
        Assert.Equal(KeyOf("01-stage-2023.json"), KeyOf("01-stage-2023.json"));
        Assert.NotEqual(KeyOf("01-stage-2023.json"), KeyOf("02-stage-2025-uuid.json"));

        string KeyOf(string sample) => Check("--payload", Sample(sample)).Output.Split('\n').Single(line => line.StartsWith("  key ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_payload_without_project_takes_the_sources() =>
        Assert.Contains("  project     \"of-the-source\"\n", Check("--payload", Sample("01-stage-2023.json")).Output);

    [Fact]
    public void A_payload_that_no_route_wants_is_unrouted() =>
        Assert.EndsWith("Nobody gets it: it is kept as unrouted.\n", Check("--payload", Sample("01-stage-2023.json")).Output);

    [Fact]
    public void A_payload_older_than_the_memory_of_keys_is_quarantined()
    {
        _config.Write(Open.Replace("36500.00:00:00", "7.00:00:00", StringComparison.Ordinal));

        Assert.Contains("Quarantined: ", Check("--payload", Sample("01-stage-2023.json")).Output);
    }

    [Fact]
    public void A_payload_without_a_task_is_keyed_by_its_bytes()
    {
        File.WriteAllText(_config.PathOf("payload.json"), "{}");

        Assert.Contains("(of its bytes: taskId or updatedAt is missing)", Check("--payload", _config.PathOf("payload.json")).Output);
    }

    [Fact]
    public void A_payload_that_is_not_JSON_would_be_answered_400()
    {
        File.WriteAllText(_config.PathOf("payload.json"), "{");

        var (exitCode, _, error) = Check("--payload", _config.PathOf("payload.json"));

        Assert.Equal(1, exitCode);
        Assert.Contains("would be answered 400: ", error);
    }

    [Fact]
    public void A_payload_over_the_limit_would_be_answered_413()
    {
        _config.Write(Open.Replace("\"retention\"", "\"limits\": { \"bodyBytes\": 10 }, \"retention\"", StringComparison.Ordinal));

        var (exitCode, _, error) = Check("--payload", Sample("01-stage-2023.json"));

        Assert.Equal(1, exitCode);
        Assert.Contains("is larger than 10 bytes (limits.bodyBytes): it would be answered 413", error);
    }

    [Fact]
    public void A_missing_payload_is_an_error()
    {
        var (exitCode, _, error) = Check("--payload", _config.PathOf("none.json"));

        Assert.Equal((1, $"{_config.PathOf("none.json")} does not exist\n"), (exitCode, error));
    }

    [Theory]
    [InlineData("angoo", "unknown source \"angoo\": did you mean \"ango\"?\n")]
    [InlineData("zzz", "unknown source \"zzz\": known are \"ango\"\n")]
    public void An_unknown_source_is_an_error(string source, string message)
    {
        var (exitCode, _, error) = Check("--payload", Sample("01-stage-2023.json"), "--source", source);

        Assert.Equal((1, message), (exitCode, error));
    }

    [Fact]
    public void With_several_sources_one_must_be_named()
    {
        _config.Write(Open.Replace("\"sources\": {", "\"sources\": { \"two\": { \"path\": \"/two\", \"auth\": { \"type\": \"none\", \"allowUnauthenticated\": true } },", StringComparison.Ordinal));

        Assert.Equal(1, Check("--payload", Sample("01-stage-2023.json")).ExitCode);
        Assert.Equal(0, Check("--payload", Sample("01-stage-2023.json"), "--source", "two").ExitCode);
    }

    [Fact]
    public void A_source_without_a_payload_is_an_error() => Assert.NotEqual(0, Check("--source", "ango").ExitCode);

    [Fact]
    public void A_payload_cannot_steer_the_terminal()
    {
        File.WriteAllText(_config.PathOf("payload.json"), """{ "projectId": "\u001b[2J", "task": { "stage": "\u001b]0;x\u0007\r\n" } }""");

        Assert.DoesNotContain(Check("--payload", _config.PathOf("payload.json")).Output, c => char.IsControl(c) && c != '\n');
    }

    private (int ExitCode, string Output, string Error) Check(params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        string[] config = arguments.Contains("--config") ? [] : ["--config", _config.FilePath];
        var exitCode = CheckCommand.Create().Parse([.. config, .. arguments])
            .Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exitCode, output.ToString(), error.ToString());
    }

    private static string Sample(string name) => Path.Combine(Repository.Root, "Gateway", "Samples", name);
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngoGateway.Configuration;
using AngoGateway.Forwarding;
using AngoGateway.Tests.House;

namespace AngoGateway.Tests.Configuration;

public sealed class SchemaTests
{
    private static readonly string SchemaPath = Path.Combine(Repository.Root, "docs", "gateway.schema.json");

    /// <summary>After a change of a config record: run this test once with UPDATE_SCHEMA=1 and commit the file.</summary>
    [Fact]
    public void The_committed_schema_is_the_one_the_records_make()
    {
        var generated = SchemaDocument.Text();
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMA") == "1")
            File.WriteAllText(SchemaPath, generated);

        Assert.True(
            File.Exists(SchemaPath) && File.ReadAllText(SchemaPath) == generated,
            "docs/gateway.schema.json is not what the config records make. Run: UPDATE_SCHEMA=1 dotnet test --filter FullyQualifiedName~SchemaTests, and commit it.");
    }

    [Fact]
    public void Every_key_is_described() => Assert.All(Keys(), key => Assert.NotEqual("", Described(key.Path)));

    [Fact]
    public void Every_key_and_its_default_stand_in_the_manual()
    {
        var manual = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var missing = Keys()
            .Where(key => key.Path != "$schema" && !manual.Any(line =>
                line.StartsWith($"| `{key.Path}` |", StringComparison.Ordinal)
                && (key.Default is null || line.Contains($"`{key.Default}`", StringComparison.Ordinal))))
            .Select(key => $"| `{key.Path}` | … | `{key.Default}` |");

        Assert.Equal([], missing);
    }

    [Fact]
    public void The_manual_has_no_key_that_does_not_exist()
    {
        var manual = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var named = Regex.Matches(manual, @"^\| `(?<path>[^`]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["path"].Value);

        Assert.Subset(Keys().Select(key => key.Path).ToHashSet(), named.ToHashSet());
    }

    [Fact]
    public void The_gateway_json_at_the_root_is_good()
    {
        var reading = TestConfig.Loader().Read(Path.Combine(Repository.Root, "gateway.json"));

        Assert.Empty(reading.Faults);
        Assert.Equal("./docs/gateway.schema.json", reading.Config!.Schema);
    }

    [Fact]
    public void The_manuals_examples_are_good()
    {
        var manual = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var examples = Regex.Matches(manual, "```jsonc\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["text"].Value.TrimEnd())
            .ToList();

        Assert.Equal(3, examples.Count);
        Assert.All(examples, example =>
        {
            const string source = "\"sources\": { \"ango\": { \"path\": \"/\", \"auth\": { \"type\": \"bearer\", \"tokens\": \"env:SECRET\" } } }";
            using var config = new TestConfig(
                example.StartsWith('{') ? example
                : example.StartsWith("\"sources\"", StringComparison.Ordinal) ? $"{{ {example}, \"consumers\": {{}} }}"
                : $"{{ {source}, \"consumers\": {{ {example} }} }}");
            var loader = new ConfigLoader(TestConfig.Environment, Clusters.Check, TimeProvider.System);
            Assert.Empty(loader.Read(config.FilePath, withSecrets: false).Faults);
        });
    }

    private static IEnumerable<(string Path, JsonNode? Default)> Keys() => Keys(ConfigShape.Root, "");

    private static IEnumerable<(string Path, JsonNode? Default)> Keys(ConfigShape shape, string prefix)
    {
        foreach (var member in shape.Members)
        {
            var path = prefix + member.Key;
            yield return (path, SchemaDocument.DefaultOf(member));
            var (inner, step) = member.Shape.Kind switch
            {
                ConfigKind.Map => (member.Shape.Item!, ".*."),
                ConfigKind.List => (member.Shape.Item!, "[]."),
                _ => (member.Shape, "."),
            };
            foreach (var key in Keys(inner, path + step))
                yield return key;
        }
    }

    private static string Described(string path)
    {
        JsonNode node = JsonNode.Parse(SchemaDocument.Text())!;
        foreach (var key in path.Split('.'))
        {
            node = key switch
            {
                "*" => node["additionalProperties"]!,
                [.. var list, '[', ']'] => node["properties"]![list]!["items"]!,
                _ => node["properties"]![key]!,
            };
        }

        return (string?)node["description"] ?? "";
    }
}

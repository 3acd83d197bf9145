using AngoGateway.Commands;
using Microsoft.Extensions.Configuration;

namespace AngoGateway.Tests.Commands;

public sealed class ContainerLogTests
{
    [Theory]
    [InlineData("true", null, "json", "true")]
    [InlineData("1", null, "json", "true")]
    [InlineData("true", "simple", "simple", null)]
    [InlineData("false", null, null, null)]
    [InlineData("", null, null, null)]
    [InlineData(null, null, null, null)]
    public void A_container_writes_json_unless_another_formatter_is_chosen(string? container, string? chosen, string? formatter, string? utc)
    {
        using var configuration = new ConfigurationManager();
        configuration["DOTNET_RUNNING_IN_CONTAINER"] = container;
        configuration["Logging:Console:FormatterName"] = chosen;

        ContainerLog.Add(configuration);

        Assert.Equal(formatter, configuration["Logging:Console:FormatterName"]);
        Assert.Equal(utc, configuration["Logging:Console:FormatterOptions:UseUtcTimestamp"]);
    }
}

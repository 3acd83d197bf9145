using System.CommandLine;

namespace AngoGateway.Tests.Commands;

/// <summary>One command run in this process, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> RunAsync(Command command, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await command.Parse(arguments).InvokeAsync(
            new InvocationConfiguration { Output = output, Error = TextWriter.Synchronized(error), EnableDefaultExceptionHandler = false });
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}

/// <summary>Text written by a command that is still running, line by line.</summary>
internal sealed class LineWriter : StringWriter
{
    private readonly System.Threading.Channels.Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();

    public override Task WriteLineAsync(string? value)
    {
        _lines.Writer.TryWrite(value ?? "");
        return Task.CompletedTask;
    }

    /// <summary>The next line; a test that waits in vain fails after 30 s.</summary>
    public async Task<string> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _lines.Reader.ReadAsync(limit.Token);
    }
}

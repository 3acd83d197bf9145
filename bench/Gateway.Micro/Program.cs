using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AngoGateway.Micro;

/// <summary>What single steps of a webhook's way cost: time and bytes allocated. bench/micro runs it.</summary>
internal static class Program
{
    // In this process: one built for each bench would have to find the repository's build settings, and gains nothing here.
    public static void Main(string[] args) => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly)
        .Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
}

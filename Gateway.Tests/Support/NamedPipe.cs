using System.Runtime.InteropServices;

namespace AngoGateway.Tests.Support;

/// <summary>A pipe in the file system that nobody writes into: whoever opens it waits for ever.</summary>
internal static partial class NamedPipe
{
    public static string Make(string path)
    {
        File.Delete(path);
        return MakeFifo(path, 0x180) == 0 ? path : throw new InvalidOperationException($"mkfifo failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}

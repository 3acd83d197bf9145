using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace AngoGateway.Configuration;

/// <summary>What a path leads to, found out without opening it: to open a pipe can take for ever, and to open a device does something.</summary>
internal static class FileKind
{
    // statx(2), inode(7). Its layout, unlike stat's, is the same on every machine.
    private const int WorkingDirectory = -100;
    private const uint TypeWanted = 1;
    private const int Length = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;
    private const int Folder = 0x4000;

    /// <summary>Whether it is, links followed, a pipe, a socket or a device. False when that cannot be told: opening it then says why.</summary>
    public static bool IsSpecial(string path)
    {
        // .NET tells none of these from a file. Other systems have them too, but only Linux has this call.
        if (!OperatingSystem.IsLinux())
            return false;

        var status = new byte[Length];
        if (Statx(WorkingDirectory, [.. Encoding.UTF8.GetBytes(path), 0], 0, TypeWanted, status) != 0)
            return false;

        return (BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(ModeOffset)) & TypeMask) is not (Regular or Folder);
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, [Out] byte[] status);
}

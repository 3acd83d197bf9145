using System.Diagnostics;

namespace AngoGateway.Tests.Support;

/// <summary>A small file system of its own, mounted for the test.</summary>
internal sealed class Disk : IDisposable
{
    private readonly string? _image;

    private Disk(string mountPoint, string? image, params string[] mount)
    {
        (MountPoint, _image) = (mountPoint, image);
        Directory.CreateDirectory(mountPoint);
        Tool.Run("mount", [.. mount, mountPoint]);
    }

    public string MountPoint { get; }

    /// <summary>A new ext4 file system in a file.</summary>
    public static Disk Ext4(TemporaryFolder folder, string name, int megabytes)
    {
        var image = Path.Combine(folder.Path, name);
        using (var file = File.Create(image))
        {
            file.SetLength(megabytes * 1024L * 1024L);
        }

        Tool.Run("mkfs.ext4", "-q", "-F", image);
        return Image(folder, name);
    }

    /// <summary>The ext4 file system that is in a file.</summary>
    public static Disk Image(TemporaryFolder folder, string name)
    {
        var image = Path.Combine(folder.Path, name);
        return new Disk(image + ".mounted", image, "-o", "loop", image);
    }

    /// <summary>In memory, and soon full.</summary>
    public static Disk Tmpfs(TemporaryFolder folder, int megabytes) =>
        new(Path.Combine(folder.Path, "tmpfs"), null, "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs");

    /// <summary>The disk as a power cut leaves it: what the file system has not synced is not in the image.</summary>
    public void CopyTo(string path) => File.Copy(_image!, path);

    /// <summary>Takes all the room that is left.</summary>
    public void Fill(string name)
    {
        using var file = File.Create(Path.Combine(MountPoint, name));
        try
        {
            for (var block = new byte[4096]; ;)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // No space left on device.
        }
    }

    // Lazily: a process that was just killed may hold the mount for a moment longer.
    public void Dispose() => Tool.Run("umount", "--lazy", MountPoint);
}

/// <summary>A program of the system.</summary>
internal static class Tool
{
    public static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {error}");
    }

    public static bool Exists(string command) =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':').Any(folder => File.Exists(Path.Combine(folder, command)));
}

/// <summary>For what is root's to do, and for tools that a machine may lack: skipped where they cannot be had.</summary>
internal sealed class SystemFactAttribute : FactAttribute
{
    /// <param name="root">Whether the test mounts something or traces a process.</param>
    /// <param name="tools">Programs it needs.</param>
    public SystemFactAttribute(bool root, params string[] tools)
    {
        if (root && Environment.UserName != "root")
            Skip = "Mounting, and tracing another process, need root.";
        else if (tools.FirstOrDefault(tool => !Tool.Exists(tool)) is { } missing)
            Skip = $"{missing} is not installed.";
    }
}

namespace AngoGateway.Journal;

/// <summary>
/// Holds <c>{file}.lock</c> for this process. Leases live in memory, so a second gateway on the same file would deliver
/// everything twice. The kernel lets go of it when the process ends, however it ends.
/// </summary>
internal static class SqliteLock
{
    // Payloads hold people's e-mail addresses and signed links: what is made here is for the gateway's user alone. SQLite
    // gives its log the mode of its file.
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="JournalUnavailableException">Another process holds it, or the folder cannot be written.</exception>
    public static FileStream Take(string path)
    {
        try
        {
            MakeFolder(Path.GetDirectoryName(path)!);
            if (!Path.Exists(path))
                Open(path).Dispose();

            return Open(path + ".lock");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new JournalUnavailableException(
                $"The journal {path} cannot be locked: {exception.Message} Let the gateway's user write to that folder, or set journal.path.", exception);
        }
        catch (IOException exception)
        {
            throw new JournalUnavailableException(
                $"The journal {path} cannot be locked: another gateway uses it, or its folder cannot be written ({exception.Message}). End that gateway, or set journal.path.",
                exception);
        }
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnFile | UnixFileMode.UserExecute);
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnFile;

        return new FileStream(path, options);
    }
}

namespace AngoGateway.Journal;

/// <summary>
/// Holds <c>{file}.lock</c> for this process. Leases live in memory, so a second gateway on the same file would deliver
/// everything twice. The kernel lets go of it when the process ends, however it ends.
/// </summary>
internal static class SqliteLock
{
    /// <exception cref="JournalUnavailableException">Another process holds it, or the folder cannot be written.</exception>
    public static FileStream Take(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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
}

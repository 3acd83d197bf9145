using System.Text;
using System.Text.Unicode;

namespace AngoGateway.Configuration;

/// <summary>A file read whole under a cap.</summary>
/// <param name="Bytes">Null when it could not be read.</param>
/// <param name="Fault">Why not, to follow the file's name: "does not exist".</param>
/// <param name="IsTooLarge">It could be read, but is larger than its reader takes.</param>
internal readonly record struct FileReading(byte[]? Bytes, string? Fault, bool IsTooLarge = false)
{
    /// <param name="path">Absolute or relative to the working directory.</param>
    /// <param name="maxBytes">A larger file is a fault; a device without end is never read further.</param>
    public static FileReading Of(string path, int maxBytes)
    {
        if (Directory.Exists(path))
            return new(null, "is a folder: name a file");

        if (FileKind.IsSpecial(path))
            return new(null, "is no regular file, but a pipe, a socket or a device: name a file");

        try
        {
            // Editors and config maps replace or rewrite the file at any moment: never hold them up.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new MemoryStream();
            var chunk = new byte[64 * 1024];
            for (int read; (read = stream.Read(chunk)) > 0;)
            {
                bytes.Write(chunk, 0, read);
                if (bytes.Length > maxBytes)
                    return new(null, $"is larger than {maxBytes} bytes", IsTooLarge: true);
            }

            return new(bytes.ToArray(), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(null, "does not exist");
        }
        catch (UnauthorizedAccessException)
        {
            return new(null, $"may not be read by {Environment.UserName}: change its permissions");
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            return new(null, $"cannot be read ({e.GetType().Name})");
        }
    }
}

/// <summary>The file gateway.json as text.</summary>
internal static class ConfigFile
{
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>UTF-8 without its byte order mark, or null beside a fault.</summary>
    public static ReadOnlyMemory<byte>? TextOf(FileReading reading, string path, ConfigFaults faults)
    {
        if (reading.Bytes is not { } bytes)
        {
            faults.Add("$", 1, $"the file {path} {reading.Fault}");
            return null;
        }

        var text = bytes.AsMemory(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0);
        if (text.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            faults.Add("$", 1, "the file is empty: README.md has a gateway.json of ten lines to begin with");
            return null;
        }

        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [0, ..] or [_, 0, ..])
        {
            faults.Add("$", 1, "the file is UTF-16 or UTF-32: save it as UTF-8");
            return null;
        }

        if (!Utf8.IsValid(text.Span))
        {
            faults.Add("$", LineOfInvalid(text.Span), "the file is not UTF-8 in this line: save it as UTF-8");
            return null;
        }

        return text;
    }

    private static int LineOfInvalid(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            at += length;

        return text[..at].Count((byte)'\n') + 1;
    }
}

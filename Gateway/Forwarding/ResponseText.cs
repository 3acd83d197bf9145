using System.Buffers;
using System.Text;

namespace AngoGateway.Forwarding;

/// <summary>The first part of a consumer's response body, as text for the operator.</summary>
internal static class ResponseText
{
    /// <summary>Bytes kept: enough for a problem+json or a stack trace, small enough to keep one per attempt.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>The status has decided already; this only bounds how long a dripping body holds the lane's slot.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(2);

    /// <summary>Reads until the end, <see cref="MaxBytes"/>, <see cref="MaxTime"/> or the first error, whichever comes first; never throws for the body's sake.</summary>
    /// <returns>UTF-8 with replacement, control characters made spaces; null when nothing came.</returns>
    public static async Task<string?> ReadAsync(HttpContent content, TimeProvider timeProvider)
    {
        if (content.Headers.ContentLength == 0)
            return null;

        using var bound = new CancellationTokenSource(MaxTime, timeProvider);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBytes);
        var length = 0;
        try
        {
            var body = await content.ReadAsStreamAsync(bound.Token);
            while (length < MaxBytes)
            {
                var read = await body.ReadAsync(buffer.AsMemory(length, MaxBytes - length), bound.Token);
                if (read == 0)
                    break;
                length += read;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException)
        {
            // What arrived until now is kept.
        }

        var text = ToText(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    private static string? ToText(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return null;

        // No flush: a character cut in half by the limit is dropped instead of replaced.
        var chars = new char[bytes.Length];
        var count = Encoding.UTF8.GetDecoder().GetChars(bytes, chars, flush: false);
        foreach (ref var c in chars.AsSpan(0, count))
        {
            if (char.IsControl(c))
                c = ' ';
        }

        return count == 0 ? null : new string(chars, 0, count);
    }
}

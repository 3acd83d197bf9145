using System.Buffers;
using AngoGateway.Configuration;
using AngoGateway.Envelopes;
using AngoGateway.Sources;

namespace AngoGateway.Ingress;

/// <summary>Reads a request's raw body once, under a cap and a deadline, feeding the signature while it arrives.</summary>
/// <remarks>
/// Bodies are read before anybody is verified, so all of them together share one budget of memory: without it a few
/// dozen connections of a stranger could take everything the machine has.
/// </remarks>
internal sealed class BodyReader(TimeProvider timeProvider)
{
    // A quarter of what the process may use, and at least two bodies of the default cap. Bodies up to 64 KiB, nearly all
    // of Ango Hub's, need none of it.
    private readonly PayloadBudget _budget = new(Math.Max(64L * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4));

    /// <summary>On success the caller owns the payload and disposes it; on a fault there is none.</summary>
    public async ValueTask<BodyReading> ReadAsync(HttpContext http, Verification verification, Limits limits)
    {
        var announced = http.Request.ContentLength;
        if (announced > limits.BodyBytes)
        {
            return IngressStatus.BodyTooLarge;
        }

        var payload = new Payload((int)(announced ?? 0), _budget);
        var fault = await FillAsync(payload, http, verification, limits);
        if (fault is null)
        {
            return new BodyReading(payload, null);
        }

        payload.Dispose();
        return fault.Value;
    }

    private async ValueTask<IngressStatus?> FillAsync(Payload payload, HttpContext http, Verification verification, Limits limits)
    {
        var body = http.Request.BodyReader;

        // Kestrel's minimum data rate bounds the pace, not the whole: a trickle could hold memory for hours. Most bodies
        // are there already: only what has to be waited for needs a clock.
        using var deadline = new BodyDeadline(body);
        try
        {
            while (true)
            {
                var reading = body.ReadAsync(CancellationToken.None);
                if (!reading.IsCompleted)
                {
                    deadline.Begin(limits.BodyTimeout, timeProvider);
                }

                var read = await reading;
                var fault = read.IsCanceled ? IngressStatus.BodyTooSlow : Take(read.Buffer, payload, verification, limits);
                body.AdvanceTo(read.Buffer.End);
                if (fault is not null || read.IsCompleted)
                {
                    return fault;
                }
            }
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => IngressStatus.BodyTooSlow,
                StatusCodes.Status413PayloadTooLarge => IngressStatus.BodyTooLarge,
                _ => IngressStatus.BrokenBody,
            };
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // A reset connection, but also (Kestrel) an over-large chunk size.
            return http.RequestAborted.IsCancellationRequested ? IngressStatus.SenderGone : IngressStatus.BrokenBody;
        }
    }

    private static IngressStatus? Take(ReadOnlySequence<byte> arrived, Payload payload, Verification verification, Limits limits)
    {
        if (payload.Length + arrived.Length > limits.BodyBytes)
        {
            return IngressStatus.BodyTooLarge;
        }

        foreach (var segment in arrived)
        {
            verification.Append(segment.Span);
            if (!TryCopy(segment, payload))
            {
                return IngressStatus.Unavailable;
            }
        }

        return null;
    }

    private static bool TryCopy(ReadOnlyMemory<byte> segment, Payload payload)
    {
        while (!segment.IsEmpty)
        {
            if (!payload.TryMakeRoom(out var room))
            {
                return false;
            }

            var count = Math.Min(room.Length, segment.Length);
            segment[..count].CopyTo(room);
            payload.Advance(count);
            segment = segment[count..];
        }

        return true;
    }
}

/// <summary>Either a payload or why there is none.</summary>
internal readonly record struct BodyReading(Payload? Payload, IngressStatus? Fault)
{
    public static implicit operator BodyReading(IngressStatus fault) => new(null, fault);
}

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
    private readonly PayloadBudget _budget = new(MemoryOfAllBodies);

    // Room for eight bodies of the default cap (32 MiB); bodies up to 64 KiB, nearly all of Ango Hub's, need none of it.
    private const long MemoryOfAllBodies = 256L * 1024 * 1024;

    /// <summary>On success the caller owns the payload and disposes it; on a fault there is none.</summary>
    public async ValueTask<BodyReading> ReadAsync(HttpContext http, Verification verification, Limits limits)
    {
        var announced = http.Request.ContentLength;
        if (announced > limits.BodyBytes)
        {
            return IngressStatus.BodyTooLarge;
        }

        // Kestrel's minimum data rate bounds the pace, not the whole: a trickle could hold memory for hours.
        using var deadline = new CancellationTokenSource(limits.BodyTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        var payload = new Payload((int)(announced ?? 0), _budget);
        var fault = await FillAsync(payload, http, verification, limits, either.Token);
        if (fault is null)
        {
            return new BodyReading(payload, null);
        }

        payload.Dispose();
        return fault == IngressStatus.SenderGone && deadline.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested
            ? IngressStatus.BodyTooSlow
            : fault.Value;
    }

    private static async ValueTask<IngressStatus?> FillAsync(
        Payload payload, HttpContext http, Verification verification, Limits limits, CancellationToken cancellationToken)
    {
        var body = http.Request.Body;
        try
        {
            while (true)
            {
                if (!payload.TryMakeRoom(out var room))
                {
                    return IngressStatus.Unavailable;
                }

                var count = await body.ReadAsync(room, cancellationToken);
                if (count == 0)
                {
                    return null;
                }

                if (payload.Length + count > limits.BodyBytes)
                {
                    return IngressStatus.BodyTooLarge;
                }

                verification.Append(room.Span[..count]);
                payload.Advance(count);
            }
        }
        catch (OperationCanceledException)
        {
            return IngressStatus.SenderGone;
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
        catch (IOException)
        {
            // A reset connection, but also (Kestrel) an over-large chunk size.
            return http.RequestAborted.IsCancellationRequested ? IngressStatus.SenderGone : IngressStatus.BrokenBody;
        }
    }
}

/// <summary>Either a payload or why there is none.</summary>
internal readonly record struct BodyReading(Payload? Payload, IngressStatus? Fault)
{
    public static implicit operator BodyReading(IngressStatus fault) => new(null, fault);
}

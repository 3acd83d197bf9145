using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace AngoGateway.Bench;

/// <summary>An internal service that reads what it gets and answers 200, always.</summary>
internal static class Consumer
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.Run(static http => http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted));
        await app.StartAsync();
        Console.WriteLine($"ready at {app.Urls.First()}");
        // Ends with whoever started it.
        await Console.In.ReadToEndAsync();
    }
}

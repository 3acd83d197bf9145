using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace AngoGateway.Tests.Support;

/// <summary>Requests as Ango Hub sends them.</summary>
internal static class SignedWebhook
{
    public const string Secret = "canary-secret-of-the-tests";

    public static string Sign(byte[] payload, string secret = Secret) =>
        Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), payload));

    public static HttpRequestMessage Of(byte[] payload, string path = "/hooks/ango", string secret = Secret, bool chunked = false)
    {
        var content = new ByteArrayContent(payload);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("X-Hub-Signature", Sign(payload, secret));
        request.Headers.TransferEncodingChunked = chunked;
        return request;
    }

    /// <summary>Posts one signed webhook and returns its status and the word in its receipt (or the problem's title).</summary>
    public static async Task<Receipt> PostAsync(this HttpClient client, byte[] payload, string path = "/hooks/ango", bool chunked = false)
    {
        using var request = Of(payload, path, chunked: chunked);
        using var response = await client.SendAsync(request);
        return await Receipt.ReadAsync(response);
    }
}

using System.Globalization;
using AngoGateway.Envelopes;

namespace AngoGateway.Tests.Envelopes;

public sealed class IsoInstantTests
{
    [Theory]
    [InlineData("2025-03-11T08:41:17.566Z", "2025-03-11T08:41:17.5660000Z")]
    [InlineData("2025-03-11T08:41:17Z", "2025-03-11T08:41:17.0000000Z")]
    [InlineData("2025-03-11T08:41Z", "2025-03-11T08:41:00.0000000Z")]
    [InlineData("2025-03-11T08:41:17.5Z", "2025-03-11T08:41:17.5000000Z")]
    [InlineData("2025-03-11T08:41:17.1234567Z", "2025-03-11T08:41:17.1234567Z")]
    [InlineData("2025-03-11T08:41:17.123456789Z", "2025-03-11T08:41:17.1234567Z")]
    [InlineData("2025-03-11T08:41:17.99999999+00:00", "2025-03-11T08:41:17.9999999Z")]
    [InlineData("2025-03-11T08:41:17.566", "2025-03-11T08:41:17.5660000Z")]
    [InlineData("2025-03-11T08:41:17.566+02:00", "2025-03-11T06:41:17.5660000Z")]
    [InlineData("2025-03-11T08:41:17.566-0530", "2025-03-11T14:11:17.5660000Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.0000000Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z")]
    public void An_iso_instant_is_read(string text, string utc) => Assert.Equal(
        utc, IsoInstant.Parse(text)?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("10:30")]
    [InlineData("2025")]
    [InlineData("2025-03-11")]
    [InlineData("20250311T084117Z")]
    [InlineData("03/11/2025 08:41:17")]
    [InlineData("11 March 2025 08:41")]
    [InlineData("Tue, 11 Mar 2025 08:41:17 GMT")]
    [InlineData("1741682477566")]
    [InlineData(" 2025-03-11T08:41:17Z")]
    [InlineData("2025-03-11T08:41:17Z ")]
    [InlineData("2025-02-30T00:00:00Z")]
    [InlineData("2025-03-11T24:00:01Z")]
    [InlineData("12025-03-11T08:41:17Z")]
    [InlineData("0001-01-01T00:00:00+05:00")]
    [InlineData("9999-12-31T23:59:59-05:00")]
    [InlineData("2025-03-11T08:41:17.12345678.9Z")]
    [InlineData("2025-03-11T08:41:17.0000000000000000000000000000000000000000000000000Z")]
    public void Anything_else_is_no_instant(string? text) => Assert.Null(IsoInstant.Parse(text));
}

using System.Text;
using Npgsql;

namespace AngoGateway.Journal;

/// <summary>A connection string. It holds a password, so it never prints itself.</summary>
internal sealed class JournalDatabase
{
    /// <param name="secret">As a reference's variable or file has it: UTF-8.</param>
    public JournalDatabase(byte[] secret)
    {
        ConnectionString = Encoding.UTF8.GetString(secret).Trim();
        Fault = FaultOf(ConnectionString);
    }

    public string ConnectionString { get; }

    /// <summary>Why no connection can be made of it, to follow the key's name; holds nothing of it.</summary>
    public string? Fault { get; }

    public override string ToString() => "(secret)";

    // Npgsql's own message may repeat what it could not read.
    private static string? FaultOf(string text)
    {
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host)
                ? "leads to a connection string without a host: write \"Host=…;Database=…;Username=…;Password=…\" there"
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return "leads to something that is no connection string of Npgsql (a URI is none): write \"Host=…;Database=…;Username=…;Password=…\" there";
        }
    }
}

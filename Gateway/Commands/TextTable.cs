using System.Globalization;
using Spectre.Console;

namespace AngoGateway.Commands;

/// <summary>Rows under headings: drawn for a person at a terminal, aligned plain text for everything else.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Texts may come from outside: they are cleaned here.</summary>
    public void Add(params string?[] cells) => _rows.Add(Array.ConvertAll(cells, cell => Terminal.Clean(cell ?? "", limit: 120)));

    public void Write(TextWriter output)
    {
        // A frame adds a bar and two blanks to each column, and a last bar. Squeezed into less, ids would be broken over lines
        // and could not be copied: the terminal's own wrapping leaves them whole.
        var width = Widths().Sum() + (3 * headings.Length) + 1;
        if (!Terminal.IsTerminal(output) || Terminal.On(output).Profile.Width < width)
        {
            WritePlain(output);
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));

        foreach (var row in _rows)
            table.AddRow(row.Select(cell => new Text(cell)));

        Terminal.On(output).Write(table);
    }

    /// <summary>As everywhere on the command line: UTC, to the second.</summary>
    public static string Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    public static string Age(long? seconds) => seconds is not { } all ? "" : TimeSpan.FromSeconds(Math.Max(0, all)) switch
    {
        { TotalMinutes: < 1 } age => $"{age.Seconds} s",
        { TotalHours: < 1 } age => $"{age.Minutes} min",
        { TotalDays: < 1 } age => $"{age.Hours} h {age.Minutes} min",
        var age => $"{age.Days} d {age.Hours} h",
    };

    private int[] Widths() => [.. headings.Select((heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max())];

    private void WritePlain(TextWriter output)
    {
        var widths = Widths();
        foreach (var row in (string[][])[headings, .. _rows])
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}

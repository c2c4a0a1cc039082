// The Prometheus text format, version 0.0.4: names, labels with their escapes, numbers, and whole series.

using System.Globalization;
using System.Text;

namespace Gateway.Host.Metrics;

internal static class MetricText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Longer label values are cut: none of ours is.</summary>
    private const int LabelChars = 100;

    public static string Name(string instrument, MetricKind kind)
    {
        var name = Identifier(instrument);
        return kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(Identifier(key)).Append("=\"");
            Escape(text, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
            text.Append('"');
        }

        return text.ToString();
    }

    public static void Write(StringBuilder text, MetricSeries series)
    {
        Head(text, series.Name, series.Kind, series.Help);
        foreach (var (labels, cell) in series.Cells)
        {
            if (series.Kind == MetricKind.Histogram)
                WriteHistogram(text, series.Name, labels, cell);
            else
                Sample(text, series.Name, labels, cell.Sum);
        }
    }

    public static void Head(StringBuilder text, string name, MetricKind kind, string? help)
    {
        if (!string.IsNullOrEmpty(help))
        {
            text.Append("# HELP ").Append(name).Append(' ')
                .Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        }

        text.Append("# TYPE ").Append(name).Append(' ').Append(kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        }).Append('\n');
    }

    public static void Sample(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void WriteHistogram(StringBuilder text, string name, string labels, MetricCell cell)
    {
        var separator = labels.Length > 0 ? "," : "";
        long count = 0;
        for (var i = 0; i <= cell.Bounds.Length; i++)
        {
            count += cell.CountIn(i);
            var bound = i < cell.Bounds.Length ? Number(cell.Bounds[i]) : "+Inf";
            Sample(text, name + "_bucket", $"{labels}{separator}le=\"{bound}\"", count);
        }

        Sample(text, name + "_sum", labels, cell.Sum);
        Sample(text, name + "_count", labels, count);
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Identifier(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var letter in text)
            name.Append(char.IsAsciiLetterOrDigit(letter) || letter == '_' ? char.ToLowerInvariant(letter) : '_');
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            name.Insert(0, '_');
        return name.ToString();
    }

    private static void Escape(StringBuilder text, string value)
    {
        foreach (var letter in value.AsSpan(0, Math.Min(value.Length, LabelChars)))
        {
            _ = letter switch
            {
                '\\' => text.Append("\\\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append("\\n"),
                _ => text.Append(letter),
            };
        }
    }
}

namespace WebsiteBuilder.Data.Benchmarks;

/// <summary>A document with a part between marks that a run writes, so that nobody copies figures by hand.</summary>
internal static class MarkedDocument
{
    /// <summary>Replaces what stands between the marks; a document that doesn't exist or has no marks stays as it is.</summary>
    public static async Task WriteAsync(string document, string name, string part, CancellationToken cancellationToken)
    {
        var (mark, endMark) = ($"<!-- {name}:begin, written by the run itself -->", $"<!-- {name}:end -->");
        var text = File.Exists(document) ? await File.ReadAllTextAsync(document, cancellationToken) : "";
        var (begin, end) = (text.IndexOf(mark, StringComparison.Ordinal), text.IndexOf(endMark, StringComparison.Ordinal));
        if (begin >= 0 && end > begin)
        {
            await File.WriteAllTextAsync(document, text[..begin] + mark + "\n" + part + text[end..], cancellationToken);
        }
    }
}

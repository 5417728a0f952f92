namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Texts that can be sent. The driver would give up its connection over one that has no UTF-8.</summary>
internal static class StoredText
{
    /// <exception cref="StoreFaultException">The text has half a surrogate pair.</exception>
    public static string Require(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                throw new StoreFaultException(StoreFaultKind.Rejected, WriteDisposition.NotApplied, "A text holds half a surrogate pair, which has no UTF-8.")
                {
                    Code = "22021",
                    Advice = "A text holds half a surrogate pair, which no UTF-8 can say: correct the value.",
                };
            }

            i++;
        }

        return text;
    }
}

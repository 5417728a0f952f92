namespace WebsiteBuilder.Data.Conformance;

/// <summary>Values that stores have been known to stumble over.</summary>
public static class SampleValues
{
    public static TheoryData<string> Documents =>
    [
        "{}", "[]", "\"text\"", "42", "true", "{\"a\":{\"b\":[1,2.5,null,{\"c\":\"d\"}]}}",
        "{\"unicode\":\"\u00e9 \u4f60\u597d \ud83d\ude00\",\"\u00fc\":\"\\\"quoted\\\" \\\\ \\n\"}",
        "{\"sql\":\"'; DROP TABLE users; --\"}",
    ];

    public static TheoryData<string> Texts =>
    [
        "'; DROP TABLE users; --", "\" OR 1=1 --", "\\'; SELECT 1; --", "$1 %s %_ {0}", "line\nbreak\r\n\ttab", "\u0001\u001f\u007f",
        "Zoe\u0308 \u00e9\u00df\u00d8", "\u4f60\u597d\u4e16\u754c", "\u0645\u0631\u062d\u0628\u0627 \u202eright to left", "\ud83d\ude00\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
        " leading and trailing ", "NULL",
    ];
}

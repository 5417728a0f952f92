namespace WebsiteBuilder.Data.Stores;

/// <summary>Puts the server's errors into the port's words.</summary>
internal static class ServerErrors
{
    /// <summary>Said before anything of the command, or of the script, has run.</summary>
    private static readonly HashSet<string> BeforeAll = new(
        ["MOVED", "ASK", "TRYAGAIN", "CROSSSLOT", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "BUSY", "NOSCRIPT", "READONLY", "NOREPLICAS", "MISCONF", "NOAUTH", "NOPERM", "WRONGPASS"],
        StringComparer.Ordinal);

    public static string CodeOf(string error)
    {
        var end = error.AsSpan().IndexOfAny(' ', '\n', '\r');
        var word = end < 0 ? error : error[..end];
        return word.Length is > 0 and <= 32 && word.All(static letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter) || letter == '_') ? word : "ERR";
    }

    public static RedisFaultException Of(string error, RedisAccess access, bool isScript)
    {
        var code = CodeOf(error);
        var kind = code switch
        {
            "MOVED" or "ASK" or "TRYAGAIN" or "CLUSTERDOWN" or "MASTERDOWN" or "LOADING" or "NOREPLICAS" or "MISCONF" or "UNKILLABLE" => RedisFaultKind.NotReady,
            "BUSY" or "OOM" => RedisFaultKind.Throttled,
            "READONLY" => RedisFaultKind.WrongRole,
            "NOAUTH" or "NOPERM" or "WRONGPASS" => RedisFaultKind.Denied,
            // The replica that it is now has thrown out whoever was blocked on it.
            "UNBLOCKED" => RedisFaultKind.WrongRole,
            "ERR" when error.StartsWith("ERR max number of clients", StringComparison.Ordinal) => RedisFaultKind.Throttled,
            _ => RedisFaultKind.Rejected,
        };

        // A script that fails half-way keeps what it had done.
        var maybeApplied = access == RedisAccess.Write && isScript && !BeforeAll.Contains(code);
        return new RedisFaultException(
            kind,
            maybeApplied ? WriteDisposition.Ambiguous : WriteDisposition.NotApplied,
            $"Redis answered with the error {code}{(isScript ? " to a script" : "")}.")
        {
            Code = code,
            ServerText = error,
        };
    }
}

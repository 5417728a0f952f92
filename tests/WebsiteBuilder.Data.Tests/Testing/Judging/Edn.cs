using System.Globalization;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Reads as much of Clojure's data notation as published histories use: maps, vectors, lists, keywords, integers, strings, nil, comments.</summary>
internal sealed class Edn
{
    private readonly string _text;
    private int _at;

    private Edn(string text) => _text = text;

    /// <summary>All values of a text. Maps are dictionaries from keywords without colon, vectors and lists are lists, integers are longs.</summary>
    public static IReadOnlyList<object?> Read(string text)
    {
        var reader = new Edn(text);
        return reader.Many('\0');
    }

    private List<object?> Many(char end)
    {
        var values = new List<object?>();
        while (true)
        {
            Skip();
            if (_at == _text.Length ? end == '\0' : _text[_at] == end)
            {
                _at++;
                return values;
            }

            values.Add(One());
        }
    }

    private object? One()
    {
        switch (_text[_at++])
        {
            case '[':
                return Many(']');
            case '(':
                return Many(')');
            case '{':
                return Many('}').Chunk(2).ToDictionary(static pair => (string)pair[0]!, static pair => pair[1]);
            case '"':
                var end = _text.IndexOf('"', _at);
                var text = _text[_at..end];
                _at = end + 1;
                return text;
        }

        var start = _at - 1;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && !"[](){},;\"".Contains(_text[_at]))
        {
            _at++;
        }

        var token = _text[start.._at];
        return token == "nil" ? null
            : token[0] == ':' ? token[1..]
            : long.TryParse(token, CultureInfo.InvariantCulture, out var number) ? number
            : throw new FormatException($"'{token}' at {start} is not understood.");
    }

    private void Skip()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] is ',' or ';'))
        {
            if (_text[_at++] == ';')
            {
                while (_at < _text.Length && _text[_at] != '\n')
                {
                    _at++;
                }
            }
        }
    }
}

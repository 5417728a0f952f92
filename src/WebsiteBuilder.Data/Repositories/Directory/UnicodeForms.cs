using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>
/// NFKC with full case folding, by tables of one version of Unicode. The platform's own tables change with the process: other versions of ICU, or none at all. A name that is hashed
/// must not: one that has two forms could be claimed twice.
/// </summary>
/// <remarks>The Unicode Standard, sections 3.11 (normalization), 3.12 (Hangul syllables) and 3.13 (case folding).</remarks>
internal sealed class UnicodeForms
{
    private const int IotaBelow = 0x345;
    private const int Iota = 0x3B9;
    private const int HangulSyllables = 0xAC00;
    private const int HangulLeads = 0x1100;
    private const int HangulVowels = 0x1161;
    private const int HangulTails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<UnicodeForms> Loaded = new(static () => new UnicodeForms());

    private readonly FrozenDictionary<int, int[]> _folds;
    private readonly FrozenDictionary<int, int> _classes;
    private readonly FrozenDictionary<(int First, int Second), int> _pairs;
    private readonly (int First, int Last)[] _names;

    private UnicodeForms()
    {
        var folds = new Dictionary<int, int[]>();
        var classes = new Dictionary<int, int>();
        var pairs = new Dictionary<(int, int), int>();
        var names = new List<(int, int)>();
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("unicode-14.0")!, Encoding.ASCII);
        var section = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || char.IsAsciiLetterLower(line[0]))
            {
                section = line;
                continue;
            }

            var numbers = Array.ConvertAll(line.Split(' '), static text => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            switch (section)
            {
                case "fold":
                    folds[numbers[0]] = numbers[1..];
                    break;
                case "class":
                    for (var point = numbers[0]; point <= numbers[1]; point++)
                    {
                        classes[point] = numbers[2];
                    }

                    break;
                case "pair":
                    pairs[(numbers[0], numbers[1])] = numbers[2];
                    break;
                default:
                    names.Add((numbers[0], numbers[1]));
                    break;
            }
        }

        _folds = folds.ToFrozenDictionary();
        _classes = classes.ToFrozenDictionary();
        _pairs = pairs.ToFrozenDictionary();
        _names = [.. names];
    }

    public static UnicodeForms Tables => Loaded.Value;

    /// <summary>The folded form; null for a text that isn't UTF-16.</summary>
    /// <param name="text">The text.</param>
    /// <param name="kept">Says what a code point becomes instead; null for nothing else.</param>
    public string? Fold(string text, Func<int, int?>? kept = null)
    {
        var points = new List<int>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                return null;
            }

            i += rune.Utf16SequenceLength - 1;
            if (kept?.Invoke(rune.Value) is { } instead)
            {
                points.Add(instead);
            }
            else
            {
                Decompose(rune.Value, points);
            }
        }

        // The iota below a letter is a mark until all marks are in order, and a letter of its own once it is folded (section 3.13, D145).
        Order(points);
        for (var i = 0; i < points.Count; i++)
        {
            points[i] = points[i] == IotaBelow ? Iota : points[i];
        }

        Order(points);
        return Compose(points);
    }

    /// <summary>Whether a code point beyond ASCII is a folded letter, a mark or a decimal digit that can be seen.</summary>
    public bool IsInNames(int point)
    {
        var index = Array.BinarySearch(_names, (point, int.MaxValue));
        index = index < 0 ? ~index - 1 : index;
        return index >= 0 && point <= _names[index].Last;
    }

    private void Decompose(int point, List<int> points)
    {
        var syllable = point - HangulSyllables;
        if (syllable is >= 0 and < SyllableCount)
        {
            points.Add(HangulLeads + (syllable / (VowelCount * TailCount)));
            points.Add(HangulVowels + (syllable / TailCount % VowelCount));
            if (syllable % TailCount is var tail and > 0)
            {
                points.Add(HangulTails + tail);
            }
        }
        else if (_folds.TryGetValue(point, out var folded))
        {
            points.AddRange(folded);
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Marks of one letter in the order of their classes; marks of one class stay in theirs.</summary>
    private void Order(List<int> points)
    {
        for (var i = 1; i < points.Count; i++)
        {
            var mark = points[i];
            var order = ClassOf(mark);
            var place = i;
            while (order > 0 && place > 0 && ClassOf(points[place - 1]) > order)
            {
                points[place] = points[place - 1];
                place--;
            }

            points[place] = mark;
        }
    }

    private string Compose(List<int> points)
    {
        var starter = -1;
        var lastClass = -1;
        var count = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var order = ClassOf(points[i]);
            if (starter >= 0 && lastClass < order && TryPair(points[starter], points[i], out var composed))
            {
                points[starter] = composed;
                continue;
            }

            if (order == 0)
            {
                starter = count;
            }

            // A letter behind another one may still be joined with it, if nothing stands between them.
            lastClass = order == 0 ? -1 : order;
            points[count++] = points[i];
        }

        var text = new StringBuilder(count);
        Span<char> chars = stackalloc char[2];
        foreach (var point in points.Take(count))
        {
            text.Append(chars[..new Rune(point).EncodeToUtf16(chars)]);
        }

        return text.ToString();
    }

    private bool TryPair(int first, int second, out int composed)
    {
        if (first - HangulLeads is var lead and >= 0 and < LeadCount && second - HangulVowels is var vowel and >= 0 and < VowelCount)
        {
            composed = HangulSyllables + (((lead * VowelCount) + vowel) * TailCount);
            return true;
        }

        if (first - HangulSyllables is var syllable and >= 0 and < SyllableCount && syllable % TailCount == 0 && second - HangulTails is var tail and > 0 and < TailCount)
        {
            composed = first + tail;
            return true;
        }

        return _pairs.TryGetValue((first, second), out composed);
    }

    private int ClassOf(int point) => _classes.GetValueOrDefault(point);
}

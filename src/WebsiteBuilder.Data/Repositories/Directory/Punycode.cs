using System.Text;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Punycode (RFC 3492), without the prefix.</summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int Low = 1;
    private const int High = 26;
    private const int Skew = 38;
    private const int Damp = 700;
    private const int FirstBias = 72;
    private const int FirstPoint = 0x80;

    public static string Encode(string label)
    {
        var points = label.EnumerateRunes().Select(static rune => rune.Value).ToArray();
        var text = new StringBuilder();
        foreach (var point in points.Where(static point => point < FirstPoint))
        {
            text.Append((char)point);
        }

        var basic = text.Length;
        if (basic > 0)
        {
            text.Append('-');
        }

        var (current, delta, bias) = (FirstPoint, 0, FirstBias);
        for (var done = basic; done < points.Length; delta++, current++)
        {
            var next = points.Where(point => point >= current).Min();
            delta = checked(delta + ((next - current) * (done + 1)));
            current = next;
            foreach (var point in points)
            {
                if (point < current)
                {
                    delta++;
                }
                else if (point == current)
                {
                    AppendNumber(text, delta, bias);
                    bias = Adapt(delta, done + 1, done == basic);
                    delta = 0;
                    done++;
                }
            }
        }

        return text.ToString();
    }

    /// <summary>The label; null if the text is no Punycode.</summary>
    public static string? Decode(string text)
    {
        var basic = Math.Max(text.LastIndexOf('-'), 0);
        var points = text[..basic].Select(static character => (int)character).ToList();
        var (current, place, bias) = ((long)FirstPoint, 0L, FirstBias);
        for (var i = basic > 0 ? basic + 1 : 0; i < text.Length;)
        {
            var before = place;
            var weight = 1L;
            for (var k = Base; ; k += Base)
            {
                if (i == text.Length || ValueOf(text[i++]) is not { } digit)
                {
                    return null;
                }

                place += digit * weight;
                var threshold = Threshold(k, bias);
                if (place > int.MaxValue)
                {
                    return null;
                }

                if (digit < threshold)
                {
                    break;
                }

                weight *= Base - threshold;
                if (weight > int.MaxValue)
                {
                    return null;
                }
            }

            bias = Adapt((int)(place - before), points.Count + 1, before == 0);
            current += place / (points.Count + 1);
            place %= points.Count + 1;
            if (!Rune.IsValid((int)Math.Min(current, int.MaxValue)))
            {
                return null;
            }

            points.Insert((int)place++, (int)current);
        }

        return string.Concat(points.Select(static point => new Rune(point).ToString()));
    }

    private static void AppendNumber(StringBuilder text, int number, int bias)
    {
        for (var k = Base; ; k += Base)
        {
            var threshold = Threshold(k, bias);
            if (number < threshold)
            {
                text.Append(Digit(number));
                return;
            }

            text.Append(Digit(threshold + ((number - threshold) % (Base - threshold))));
            number = (number - threshold) / (Base - threshold);
        }
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, Low, High);

    private static int Adapt(int delta, int count, bool first)
    {
        delta = first ? delta / Damp : delta / 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - Low) * High / 2; k += Base)
        {
            delta /= Base - Low;
        }

        return k + ((Base - Low + 1) * delta / (delta + Skew));
    }

    private static char Digit(int value) => (char)(value < 26 ? 'a' + value : '0' + value - 26);

    private static int? ValueOf(char digit) => digit switch
    {
        >= 'a' and <= 'z' => digit - 'a',
        >= '0' and <= '9' => digit - '0' + 26,
        _ => null,
    };
}

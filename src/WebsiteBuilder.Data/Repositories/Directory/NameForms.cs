using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>The canonical forms of names. What they fold is part of what is stored: two versions of the library must agree on it.</summary>
internal static class NameForms
{
    private const int MaxEmailBytes = 254;
    private const int MaxLocalPartBytes = 64;
    private const int MaxUsernameCharacters = 64;
    private const int MaxDomainCharacters = 253;
    private const int MaxLabelCharacters = 63;
    private const int MaxText = 1_024;
    private const string EncodedLabel = "xn--";

    // RFC 5322, section 3.2.3, and the dot.
    private const string LocalPartPunctuation = "!#$%&'*+-/=?^_`{|}~.";
    private const string UsernamePunctuation = "._-";

    private static readonly char[] AtSigns = ['@', '\uFF20', '\uFE6B'];

    // Whose letters look alike, by their blocks.
    private static readonly (int First, int Last, int Script)[] LookalikeScripts =
    [
        (0x61, 0x7A, 1), (0xDF, 0x24F, 1), (0x250, 0x2AF, 1), (0x1E00, 0x1EFF, 1), (0x2C60, 0x2C7F, 1), (0xA720, 0xA7FF, 1), (0xAB30, 0xAB6F, 1),
        (0x370, 0x3FF, 2), (0x1F00, 0x1FFF, 2),
        (0x400, 0x52F, 3), (0x1C80, 0x1C8F, 3), (0x2DE0, 0x2DFF, 3), (0xA640, 0xA69F, 3),
        (0x530, 0x58F, 4),
        (0x13A0, 0x13FF, 5), (0xAB70, 0xABBF, 5),
    ];

    /// <summary>The canonical form; null for what isn't such a name.</summary>
    public static string? Canonical(DirectoryKind kind, string text)
    {
        text = text.Trim();
        return text.Length is 0 or > MaxText ? null : kind switch
        {
            DirectoryKind.Email => Email(text),
            DirectoryKind.Username => Username(text),
            DirectoryKind.DomainName => DomainName(text),
            _ => null,
        };
    }

    private static string? Email(string text)
    {
        var at = text.LastIndexOfAny(AtSigns);
        if (at <= 0 || Fold(text[..at]) is not { Length: > 0 } local || !IsMadeOf(local, LocalPartPunctuation) || DomainName(text[(at + 1)..]) is not { } domain)
        {
            return null;
        }

        var bytes = Encoding.UTF8.GetByteCount(local);
        return bytes <= MaxLocalPartBytes && bytes + 1 + domain.Length <= MaxEmailBytes ? $"{local}@{domain}" : null;
    }

    private static string? Username(string text) =>
        Fold(text) is { Length: > 0 } name && name.EnumerateRunes().Count() <= MaxUsernameCharacters && IsMadeOf(name, UsernamePunctuation) && !MixesScripts(name) ? name : null;

    private static string? DomainName(string text)
    {
        var folded = Ascii.IsValid(text) ? text.ToLowerInvariant() : UnicodeForms.Tables.Fold(text, Deviation);
        if (folded is null)
        {
            return null;
        }

        // The full stop of ideographic scripts ends labels, too (UTS 46, section 4).
        folded = folded.Replace('\u3002', '.');
        var labels = (folded.EndsWith('.') ? folded[..^1] : folded).Split('.').Select(Label).ToArray();
        if (labels.Length < 2 || Array.Exists(labels, static label => label is null) || labels[^1]!.All(char.IsAsciiDigit))
        {
            return null;
        }

        var domain = string.Join('.', labels);
        return domain.Length <= MaxDomainCharacters ? domain : null;
    }

    /// <summary>A label in ASCII; null if it isn't one.</summary>
    private static string? Label(string label)
    {
        if (label.StartsWith(EncodedLabel, StringComparison.Ordinal))
        {
            // Only what we would encode so ourselves: otherwise a label would have two forms.
            return Punycode.Decode(label[EncodedLabel.Length..]) is { } decoded
                && !Ascii.IsValid(decoded)
                && UnicodeForms.Tables.Fold(decoded, Deviation) == decoded
                && Label(decoded) == label ? label : null;
        }

        if (label.Length == 0 || label[0] == '-' || label[^1] == '-' || !IsMadeOf(label, "-") || (label.Length > 3 && label[2] == '-' && label[3] == '-'))
        {
            return null;
        }

        if (label.Length > MaxLabelCharacters)
        {
            return null;
        }

        var ascii = Ascii.IsValid(label) ? label : EncodedLabel + Punycode.Encode(label);
        return ascii.Length <= MaxLabelCharacters ? ascii : null;
    }

    /// <summary>What folding would change and registries don't (UTS 46, section 4, non-transitional): sharp s, and sigma at a word's end.</summary>
    private static int? Deviation(int point) => point switch
    {
        0xDF or 0x1E9E => 0xDF,
        0x3C2 => 0x3C2,
        _ => null,
    };

    private static string? Fold(string text) => Ascii.IsValid(text) ? text.ToLowerInvariant() : UnicodeForms.Tables.Fold(text);

    private static bool IsMadeOf(string name, string punctuation)
    {
        var first = true;
        foreach (var rune in name.EnumerateRunes())
        {
            var good = rune.IsAscii
                ? char.IsAsciiLetterLower((char)rune.Value) || char.IsAsciiDigit((char)rune.Value) || punctuation.Contains((char)rune.Value, StringComparison.Ordinal)
                : UnicodeForms.Tables.IsInNames(rune.Value) && !(first && Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
            if (!good)
            {
                return false;
            }

            first = false;
        }

        return true;
    }

    private static bool MixesScripts(string name)
    {
        var script = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            var index = Array.FindIndex(LookalikeScripts, block => rune.Value >= block.First && rune.Value <= block.Last);
            if (index >= 0 && script != 0 && script != LookalikeScripts[index].Script)
            {
                return true;
            }

            script = index >= 0 ? LookalikeScripts[index].Script : script;
        }

        return false;
    }
}

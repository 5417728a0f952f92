using System.Globalization;
using System.Text;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Tests.Repositories.Directories;

/// <summary>Folding by the library's own tables, against what another platform makes of the same texts.</summary>
public class UnicodeFormsTests
{
    [Fact]
    public void Texts_fold_as_elsewhere_and_folding_again_changes_nothing()
    {
        var wrong = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Repositories", "Directories", "folds.txt")).Where(static line => !line.StartsWith('#')))
        {
            var parts = line.Split(';');
            var folded = UnicodeForms.Tables.Fold(Text(parts[0]));
            if (folded != Text(parts[1]) || UnicodeForms.Tables.Fold(folded) != folded)
            {
                wrong.Add(line);
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Half_a_pair_is_no_text() => Assert.Null(UnicodeForms.Tables.Fold("a\uDC00"));

    [Theory]
    [InlineData("bücher", "bcher-kva")]
    [InlineData("ü", "tda")]
    [InlineData("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye")]
    [InlineData("abc", "abc-")]
    [InlineData("\U0001F600x", "x-hi89a")]
    public void Punycode_goes_both_ways(string label, string encoded)
    {
        Assert.Equal(label, Punycode.Decode(Punycode.Encode(label)));
        if (label[0] != '\uD83D')
        {
            Assert.Equal(encoded, Punycode.Encode(label));
        }
    }

    [Fact]
    public void Anything_may_be_taken_for_punycode_without_harm()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => "abcxyz0189-"[random.Next(11)])]);
            if (Punycode.Decode(text) is { } label && label.Length > 0 && Punycode.Encode(label) is { } again)
            {
                Assert.Equal(label, Punycode.Decode(again));
            }
        }
    }

    private static string Text(string points)
    {
        var text = new StringBuilder();
        foreach (var point in points.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(new Rune(int.Parse(point, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString());
        }

        return text.ToString();
    }
}

namespace WebsiteBuilder.Data.Tests.Repositories.Directories;

/// <summary>Which names are one, and which texts are none.</summary>
public class DirectoryNameTests
{
    [Theory]
    [InlineData("ada@example.org", "ada@example.org")]
    [InlineData("  Ada.Lovelace@Example.ORG.\t", "ada.lovelace@example.org")]
    [InlineData("a.d.a+news@gmail.com", "a.d.a+news@gmail.com")]
    [InlineData("o'neill_{x}@example.org", "o'neill_{x}@example.org")]
    [InlineData("Ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ada@example.org")]
    [InlineData("ada@Bücher.example", "ada@xn--bcher-kva.example")]
    [InlineData("ada@xn--BCHER-kva.example", "ada@xn--bcher-kva.example")]
    [InlineData("JÖRG@example.org", "jörg@example.org")]
    [InlineData("Jo\u0308rg@example.org", "jörg@example.org")]
    public void An_email_has_one_form(string text, string canonical) => Assert.Equal(canonical, DirectoryName.Email(text).Canonical);

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.org")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@[10.0.0.1]")]
    [InlineData("ada@10.0.0.1")]
    [InlineData("\"a b\"@example.org")]
    [InlineData("a b@example.org")]
    [InlineData("a@b@example.org")]
    [InlineData("a\u200Bda@example.org")]
    [InlineData("a\u0000da@example.org")]
    [InlineData("ada@exa_mple.org")]
    [InlineData("ada@-example.org")]
    [InlineData("a\uD800@example.org")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345@example.org")]
    public void What_is_no_email_is_refused(string text)
    {
        var refused = Assert.Throws<FormatException>(() => DirectoryName.Email(text));
        Assert.True(text.Length == 0 || !refused.Message.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Ada", "ada")]
    [InlineData("ADA_L.42-x", "ada_l.42-x")]
    [InlineData("Straße", "strasse")]
    [InlineData("ﬁn", "fin")]
    [InlineData("Ⅻ", "xii")]
    [InlineData("Σίσυφος", "σίσυφοσ")]
    [InlineData("\u212Belvin", "åelvin")]
    [InlineData("한글", "한글")]
    [InlineData("\u1112\u1161\u11AB글", "한글")]
    [InlineData("ｶﾞｷﾞ", "ガギ")]
    [InlineData("ᏣᎳᎩ", "ᏣᎳᎩ")]
    [InlineData("東京42", "東京42")]
    public void A_username_has_one_form(string text, string canonical)
    {
        var name = DirectoryName.Username(text);
        Assert.Equal(canonical, name.Canonical);
        Assert.Equal(name, DirectoryName.Username(name.Canonical));
    }

    [Theory]
    [InlineData("ad a")]
    [InlineData("ada@home")]
    [InlineData("аda")]
    [InlineData("paypaΙ")]
    [InlineData("ada\u202E")]
    [InlineData("ada\u00AD")]
    [InlineData("ada\uFE0F")]
    [InlineData("\u0301ada")]
    [InlineData("ada☺")]
    [InlineData("ada\u0378")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234567890")]
    public void What_is_no_username_is_refused(string text) => Assert.False(DirectoryName.TryCreate(DirectoryKind.Username, text, out _));

    [Theory]
    [InlineData("Example.COM.", "example.com")]
    [InlineData("例え.テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え。テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("παράδειγμα.ΔΟΚΙΜΉ", "xn--hxajbheg2az3al.xn--jxalpdlp")]
    [InlineData("испытание.испытание", "xn--80akhbyknj4f.xn--80akhbyknj4f")]
    [InlineData("faß.de", "xn--fa-hia.de")]
    [InlineData("FAẞ.de", "xn--fa-hia.de")]
    [InlineData("他们为什么不说中文.example", "xn--ihqwcrb4cv8a8dqg056pqjye.example")]
    [InlineData("3年B組金八先生.example", "xn--3b-ww4c5e180e575a65lsy2b.example")]
    [InlineData("Pročprostěnemluvíčesky.example", "xn--proprostnemluvesky-uyb24dma41a.example")]
    [InlineData("a-1.b-2.example", "a-1.b-2.example")]
    public void A_domain_has_one_form(string text, string canonical)
    {
        var name = DirectoryName.DomainName(text);
        Assert.Equal(canonical, name.Canonical);
        Assert.Equal(name, DirectoryName.DomainName(name.Canonical));
    }

    [Theory]
    [InlineData("example")]
    [InlineData("a..b")]
    [InlineData(".example.com")]
    [InlineData("example.com..")]
    [InlineData("-a.example")]
    [InlineData("a-.example")]
    [InlineData("a_b.example")]
    [InlineData("10.0.0.1")]
    [InlineData("ab--c.example")]
    [InlineData("xn--.example")]
    [InlineData("xn--a.example")]
    [InlineData("xn--example-.example")]
    [InlineData("xn--bcher-kv!.example")]
    [InlineData("xn--999999999.example")]
    [InlineData("xn--BCHER-KVA0.example")]
    [InlineData("a b.example")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234.example")]
    public void What_is_no_domain_is_refused(string text) => Assert.False(DirectoryName.TryCreate(DirectoryKind.DomainName, text, out _));

    [Fact]
    public void A_name_never_shows_itself_and_kinds_differ()
    {
        var email = DirectoryName.Email("ada@example.org");
        Assert.Equal("Email", email.ToString());
        Assert.Equal("Email", $"{email}");
        Assert.NotEqual(DirectoryName.Username("example.org"), DirectoryName.DomainName("example.org"));
        Assert.False(DirectoryName.TryCreate(DirectoryKind.Unspecified, "ada", out _));
        Assert.False(DirectoryName.TryCreate(DirectoryKind.Email, null, out _));
        Assert.False(DirectoryName.TryCreate((DirectoryKind)9, "ada", out _));
    }
}

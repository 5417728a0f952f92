using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>
/// A name that is unique everywhere, in its canonical form: names that differ only in what the form folds are one. Immutable and thread-safe. Its text shows the kind only,
/// so that it can't end up in a log.
/// </summary>
/// <remarks>
/// <para>The form is made by tables of Unicode 14.0 that come with the library, so that it is the same in every process, whatever the platform knows. Characters that were not
/// assigned then are refused, as are controls, invisible characters, symbols and punctuation beyond ASCII.</para>
/// <para><em>Folded</em> means NFKC and full case folding: <c>Ａ</c>, <c>A</c> and <c>a</c> are one, and so are <c>ß</c> and <c>ss</c>.</para>
/// </remarks>
[DebuggerDisplay("{Kind}")]
public sealed class DirectoryName : IEquatable<DirectoryName>
{
    private DirectoryName(DirectoryKind kind, string canonical)
    {
        Kind = kind;
        Canonical = canonical;
    }

    /// <summary>What it is.</summary>
    public DirectoryKind Kind { get; }

    /// <summary>The canonical form, which is what is hashed.</summary>
    public string Canonical { get; }

    /// <summary>
    /// An e-mail address: white space around it is dropped, the part before the last <c>@</c> is folded, the rest is a domain name. Nothing else: dots, and what follows a
    /// <c>+</c>, mean something to some providers and nothing to others. At most 64 bytes of UTF-8 before the <c>@</c> and 254 in all.
    /// </summary>
    /// <exception cref="FormatException">It isn't one. Quoted local parts and IP addresses are refused.</exception>
    /// <remarks>
    /// This is stricter than mail servers are: two addresses that a server tells apart by case, or by width, are one. So write to the address that the user has stored, never to
    /// one that someone typed and that led to it.
    /// </remarks>
    public static DirectoryName Email(string value) => Create(DirectoryKind.Email, value);

    /// <summary>
    /// A user name: white space around it is dropped, then it is folded; 1 to 64 characters, letters, marks and decimal digits of any script, and <c>. _ -</c>; the first one is no mark.
    /// Letters of Latin, Greek, Cyrillic, Armenian and Cherokee don't mix. Lookalikes within one script, or of a whole name in another one, aren't noticed.
    /// </summary>
    /// <exception cref="FormatException">It isn't one.</exception>
    public static DirectoryName Username(string value) => Create(DirectoryKind.Username, value);

    /// <summary>
    /// A domain name of two labels at least: white space around it and one dot at its end are dropped, letters are folded, labels beyond ASCII are written as Punycode (RFC 3492,
    /// RFC 5891). <c>ß</c> and <c>ς</c> stay what they are, as registries have it (UTS 46, non-transitional). At most 253 characters, labels of at most 63.
    /// </summary>
    /// <exception cref="FormatException">It isn't one. IP addresses and underscores are refused.</exception>
    public static DirectoryName DomainName(string value) => Create(DirectoryKind.DomainName, value);

    /// <summary>Makes a name.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="value">As it was typed.</param>
    /// <param name="name">The name; null if the text isn't one, or the kind is none of the named ones.</param>
    public static bool TryCreate(DirectoryKind kind, string? value, [NotNullWhen(true)] out DirectoryName? name)
    {
        name = NameForms.Canonical(kind, value ?? "") is { } canonical ? new DirectoryName(kind, canonical) : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public bool Equals(DirectoryName? other) => other is not null && other.Kind == Kind && other.Canonical == Canonical;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DirectoryName);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Canonical);

    /// <summary>The kind.</summary>
    public override string ToString() => Kind.ToString();

    private static DirectoryName Create(DirectoryKind kind, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return TryCreate(kind, value, out var name) ? name : throw new FormatException($"The text isn't of the kind {kind}, or has characters that names can't have.");
    }
}

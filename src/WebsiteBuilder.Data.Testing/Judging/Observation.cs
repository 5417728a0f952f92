namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// A version of a key, seen or written. Versions count the writes of a key in the order of the store, deletes included; 0 is what was there
/// at the beginning.
/// </summary>
/// <remarks>
/// The count follows the log that survived. Writes that a promotion lost are numbered from <see cref="FirstLost"/>, so they count as later
/// than all that survived: nothing that survived can show them.
/// </remarks>
/// <param name="Key">The key. Keys are numbered from 0, without large gaps: judges keep a number per key.</param>
/// <param name="Versions">
/// The version. A read that found nothing may have seen any delete, so it can name several, lowest first: the judge then believes whichever
/// speaks for the system. Never empty.
/// </param>
public readonly record struct Observation(int Key, IReadOnlyList<long> Versions)
{
    /// <summary>The lowest version number of a lost write, 2^40.</summary>
    public const long FirstLost = 1L << 40;

    /// <summary>Stands for a value that no write is known to have left behind. Only <see cref="PhantomJudge"/> looks at it.</summary>
    public const long Unknown = -1;

    /// <summary>Creates an observation of one version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">The version.</param>
    public Observation(int key, long version)
        : this(key, [version])
    {
    }

    /// <summary>Whether it is known which version it was.</summary>
    public bool IsExact => Versions.Count == 1;

    /// <summary>Whether some version is known to explain what was seen.</summary>
    internal bool IsKnown => Versions[^1] >= 0;

    /// <summary>Whether a version is one that a promotion lost.</summary>
    /// <param name="version">The version.</param>
    /// <returns>True from <see cref="FirstLost"/> on.</returns>
    public static bool IsLost(long version) => version >= FirstLost;

    /// <summary>Such as <c>3@7</c> for version 7 of key 3, <c>3@lost 0</c> for the first lost one.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Wording.Number(Key)}@{string.Join('|', Versions.Select(Wording.Version))}";
}

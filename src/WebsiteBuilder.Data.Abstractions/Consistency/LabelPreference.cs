namespace WebsiteBuilder.Data;

/// <summary>
/// Sets of labels in order of preference: of the nodes that may answer, those that have all labels of a set, for the first set that any of them has.
/// A node that has none of the sets isn't asked. Immutable and thread-safe; make it once and keep it.
/// </summary>
/// <remarks>
/// The rule is that of tag sets in the MongoDB drivers' server selection specification. Labels compare by their characters. They don't apply at
/// <see cref="ConsistencyLevel.Strong"/>, nor to the primary where <see cref="NodePreference.ReplicasFirst"/> or <see cref="NodePreference.PrimaryFirst"/> lead to it.
/// </remarks>
public sealed class LabelPreference
{
    /// <summary>The most sets, and the most labels in each.</summary>
    public const int Max = 16;

    private readonly (string Name, string Value)[][] _sets;

    private LabelPreference((string Name, string Value)[][] sets) => _sets = sets;

    /// <summary>Asks for nodes that have all of these labels.</summary>
    /// <exception cref="ArgumentException">A name or value is missing, or there are more than <see cref="Max"/>.</exception>
    public static LabelPreference First(params ReadOnlySpan<(string Name, string Value)> labels) => new([Checked(labels)]);

    /// <summary>The same, and if no node that may answer matches, nodes that have all of these labels.</summary>
    /// <exception cref="ArgumentException">A name or value is missing, or there are more than <see cref="Max"/> labels or sets.</exception>
    public LabelPreference Else(params ReadOnlySpan<(string Name, string Value)> labels) => _sets.Length < Max
        ? new([.. _sets, Checked(labels)])
        : throw new ArgumentException($"At most {Max} sets of labels are compared.", nameof(labels));

    /// <summary>The same, and if no node that may answer matches, any node.</summary>
    /// <exception cref="ArgumentException">There are <see cref="Max"/> sets already.</exception>
    public LabelPreference ElseAny() => Else();

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        "; ", _sets.Select(static set => set.Length == 0 ? "any" : string.Join(", ", set.Select(static label => $"{label.Name}={label.Value}"))));

    /// <summary>The place of the first set that is among the labels of a node; -1 for none.</summary>
    internal int IndexOf(ReadOnlySpan<(string Name, string Value)> labels)
    {
        for (var i = 0; i < _sets.Length; i++)
        {
            if (HasAll(labels, _sets[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool HasAll(ReadOnlySpan<(string Name, string Value)> labels, ReadOnlySpan<(string Name, string Value)> set)
    {
        foreach (var wanted in set)
        {
            if (!labels.Contains(wanted))
            {
                return false;
            }
        }

        return true;
    }

    private static (string Name, string Value)[] Checked(ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (labels.Length > Max)
        {
            throw new ArgumentException($"A set has at most {Max} labels.", nameof(labels));
        }

        foreach (var (name, value) in labels)
        {
            if (string.IsNullOrEmpty(name) || value is null)
            {
                throw new ArgumentException("A label has a name and a value.", nameof(labels));
            }
        }

        return labels.ToArray();
    }
}

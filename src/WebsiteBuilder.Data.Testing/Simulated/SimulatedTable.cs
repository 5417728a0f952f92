using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>The constraints of one table of an <see cref="SimulatedCluster"/>. Columns of the key are required and unique together by themselves.</summary>
public sealed class SimulatedTable
{
    private readonly TableRules _rules;

    internal SimulatedTable(TableRules rules) => _rules = rules;

    /// <summary>No two rows of a shard may have the same value; nulls don't count.</summary>
    public SimulatedTable Unique(string column)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        _rules.Unique(column);
        return this;
    }

    /// <summary>The column can't be null.</summary>
    public SimulatedTable Required(string column)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        _rules.Required(column);
        return this;
    }

    /// <summary>The column holds texts of at most this many characters (Unicode code points), 1 or more.</summary>
    public SimulatedTable MaxLength(string column, int characters)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentOutOfRangeException.ThrowIfLessThan(characters, 1);
        _rules.Longest(column, characters);
        return this;
    }
}

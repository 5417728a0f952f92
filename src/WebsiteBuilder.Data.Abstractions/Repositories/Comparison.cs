namespace WebsiteBuilder.Data;

/// <summary>How a column is compared with a value.</summary>
public enum Comparison
{
    /// <summary>Not said; refused.</summary>
    Unspecified = 0,

    /// <summary>Equal.</summary>
    Equal = 1,

    /// <summary>Not equal.</summary>
    NotEqual = 2,

    /// <summary>Less.</summary>
    Less = 3,

    /// <summary>Less or equal.</summary>
    LessOrEqual = 4,

    /// <summary>Greater.</summary>
    Greater = 5,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual = 6,
}

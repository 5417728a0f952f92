using System.Collections.Frozen;
using System.Text.Json;

namespace WebsiteBuilder.Data;

/// <summary>
/// Queries on columns that hold an enumeration. These are stored as text, each value by its name in lower case with underscores between words, such as
/// <c>past_due</c>. A name that this version doesn't know is read as <c>Unspecified</c>, and that is never written: <see cref="ArgumentException"/>.
/// </summary>
public static class EnumColumns
{
    /// <summary>Adds a filter: the column holds this value.</summary>
    /// <param name="query">The query.</param>
    /// <param name="column">A column that holds values of the enumeration.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The value is <c>Unspecified</c>, or none of the named ones.</exception>
    public static Query<TEntity> Where<TEntity, TEnum>(this Query<TEntity> query, EntityColumn<TEntity, string> column, TEnum value)
        where TEntity : class
        where TEnum : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(query);
        return query.Where(column, Comparison.Equal, Text(value));
    }

    internal static string Text<TEnum>(TEnum value)
        where TEnum : struct, Enum =>
        Names<TEnum>.ToText.TryGetValue(value, out var text)
            ? text
            : throw new ArgumentException($"{typeof(TEnum).Name} must be one of the named values, and not unspecified.", nameof(value));

    internal static TEnum Value<TEnum>(string text)
        where TEnum : struct, Enum => Names<TEnum>.FromText.GetValueOrDefault(text);

    private static class Names<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly FrozenDictionary<TEnum, string> ToText = Enum.GetValues<TEnum>()
            .Where(static value => !EqualityComparer<TEnum>.Default.Equals(value, default))
            .ToFrozenDictionary(static value => value, static value => JsonNamingPolicy.SnakeCaseLower.ConvertName(Enum.GetName(value)!));

        public static readonly FrozenDictionary<string, TEnum> FromText = ToText.ToFrozenDictionary(
            static pair => pair.Value, static pair => pair.Key, StringComparer.Ordinal);
    }
}

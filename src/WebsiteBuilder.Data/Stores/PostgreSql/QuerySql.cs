using System.Globalization;
using System.Text;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Writes one query. Names come from the map; every value is a parameter, also those that a cursor brought along.</summary>
internal sealed class QuerySql<TEntity>
    where TEntity : class
{
    private readonly Query<TEntity> _query;
    private readonly StringBuilder _sql;
    private readonly NpgsqlBatchCommand _command = new();
    private string _and = " WHERE ";

    private QuerySql(string select, Query<TEntity> query)
    {
        _query = query;
        _sql = new StringBuilder(select);
    }

    public static NpgsqlBatchCommand Command(string select, Query<TEntity> query, MappedTable<TEntity> table)
    {
        var sql = new QuerySql<TEntity>(select, query);
        foreach (var filter in query.Filters)
        {
            sql.Where(sql.Condition(filter));
        }

        var order = query.OrderOver(table);
        if (query.StartIn(order) is { } start)
        {
            sql.Behind(order, start);
        }

        sql.Order(order);
        sql._command.CommandText = sql._sql.ToString();
        return sql._command;
    }

    private void Where(string condition)
    {
        _sql.Append(_and).Append(condition);
        _and = " AND ";
    }

    private string Condition(Query<TEntity>.Filter filter)
    {
        var column = Name(filter.Column);
        switch (filter.Kind)
        {
            case FilterKind.Null:
                return column + " IS NULL";
            case FilterKind.NotNull:
                return column + " IS NOT NULL";
            case FilterKind.Compare:
                return column + Operator(filter.Comparison) + Parameter(filter.Values[0]);
            default:
                if (filter.Values.Count == 0)
                {
                    return "false";
                }

                var values = new ValueArrays(filter.Values.Count);
                foreach (var value in filter.Values)
                {
                    values.NextRow();
                    value.WriteTo(values);
                }

                values.AddTo(_command.Parameters);
                return $"{column} = ANY ({LastParameter()})";
        }
    }

    /// <summary>
    /// What comes behind the start. Without nulls and with one direction that is a comparison of rows, which an index over these columns answers; else each column decides
    /// if the ones before it are equal, with a range of the first in front where it has one.
    /// </summary>
    private void Behind(IReadOnlyList<Query<TEntity>.Ordering> order, IReadOnlyList<CapturedValue> start)
    {
        var values = start.Select(value => value.IsNull ? null : Parameter(value, asColumn: true)).ToArray();
        var descending = order[0].Descending;
        if (order.Zip(values).All(part => part.First.Descending == descending && part.Second is not null && _query.IsNeverNull(part.First.Column)))
        {
            Where($"({string.Join(", ", order.Select(static part => Name(part.Column)))}) {(descending ? '<' : '>')} ({string.Join(", ", values)})");
            return;
        }

        if (Range(order[0], values[0]) is { } range)
        {
            Where(range);
        }

        var condition = Later(order[^1], values[^1]);
        for (var i = order.Count - 2; i >= 0; i--)
        {
            condition = $"({Later(order[i], values[i])} OR ({Same(order[i], values[i])} AND {condition}))";
        }

        Where(condition);
    }

    private void Order(IReadOnlyList<Query<TEntity>.Ordering> order)
    {
        var separator = " ORDER BY ";
        foreach (var part in order)
        {
            _sql.Append(separator).Append(Name(part.Column)).Append(part.Descending ? " DESC" : "");
            separator = ", ";
        }

        _sql.Append(CultureInfo.InvariantCulture, $" LIMIT {_query.Limit}");
    }

    private string? Range(Query<TEntity>.Ordering part, string? value) => (part.Descending, value) switch
    {
        (true, not null) => $"{Name(part.Column)} <= {value}",
        (false, not null) when _query.IsNeverNull(part.Column) => $"{Name(part.Column)} >= {value}",
        (false, null) => $"{Name(part.Column)} IS NULL",
        _ => null,
    };

    /// <summary>Nulls are last, and first where descending: nothing comes behind a null of the former, and everything else behind one of the latter.</summary>
    private string Later(Query<TEntity>.Ordering part, string? value)
    {
        var column = Name(part.Column);
        return (part.Descending, value) switch
        {
            (true, null) => $"{column} IS NOT NULL",
            (true, _) => $"{column} < {value}",
            (false, null) => "false",
            (false, _) => _query.IsNeverNull(part.Column) ? $"{column} > {value}" : $"({column} > {value} OR {column} IS NULL)",
        };
    }

    private static string Same(Query<TEntity>.Ordering part, string? value) => value is null ? $"{Name(part.Column)} IS NULL" : $"{Name(part.Column)} = {value}";

    /// <param name="value">The value.</param>
    /// <param name="asColumn">Whether a text takes the column's own type, so that it is compared as the column is ordered: there are types of text with rules of their own.</param>
    private string Parameter(CapturedValue value, bool asColumn = false)
    {
        value.WriteTo(new ParameterWriter(_command.Parameters, asColumn));
        return LastParameter();
    }

    private string LastParameter() => string.Create(CultureInfo.InvariantCulture, $"${_command.Parameters.Count}");

    private static string Name(EntityColumn<TEntity> column) => EntitySql.Quote(column.Name);

    private static string Operator(Comparison comparison) => comparison switch
    {
        Comparison.Equal => " = ",
        Comparison.NotEqual => " <> ",
        Comparison.Less => " < ",
        Comparison.LessOrEqual => " <= ",
        Comparison.Greater => " > ",
        _ => " >= ",
    };
}

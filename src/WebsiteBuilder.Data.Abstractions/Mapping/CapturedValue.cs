using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data;

/// <summary>A value that was taken out of an entity, or out of a cursor, with its type.</summary>
internal abstract class CapturedValue
{
    public abstract bool IsNull { get; }

    /// <summary>Hands it to a store.</summary>
    public abstract void WriteTo(EntityWriter writer);
}

/// <summary>A value of one type.</summary>
internal sealed class CapturedValue<T>(T value) : CapturedValue
{
    public override bool IsNull => value is null;

    public override void WriteTo(EntityWriter writer) => writer.Write(value);
}

/// <summary>Takes values out of entities.</summary>
internal sealed class ValueCapture : EntityWriter
{
    private readonly List<CapturedValue> _values = [];

    public IReadOnlyList<CapturedValue> Values => _values;

    public override void Write<T>(T value) => _values.Add(new CapturedValue<T>(value));

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A JSON column has no order.", nameof(value));
}

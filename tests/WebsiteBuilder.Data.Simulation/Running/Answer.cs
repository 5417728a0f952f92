namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>What a call brought.</summary>
/// <param name="Values">As in <see cref="Call.Values"/>.</param>
/// <param name="Endpoint">Who answered, if that was said.</param>
internal sealed record Answer(IReadOnlyList<long?> Values, string? Endpoint)
{
    /// <summary>Whose rows came, by their own keys.</summary>
    public IReadOnlyList<ItemKey> Rows { get; init; } = [];

    public AnswerSource Source { get; init; }

    public TimeSpan? Age { get; init; }

    public RouteReason Reason { get; init; }

    public WriteDurability Reached { get; init; }

    public static Answer Of<T>(ReadResult<T> read, IReadOnlyList<long?> values) =>
        new(values, read.Endpoint) { Source = read.Source, Age = read.Age, Reason = read.Reason };

    public static Answer Of(WriteResult write, long? value) => new([value], null) { Reached = write.Reached };
}

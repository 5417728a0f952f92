using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Short ways to write operations down. Each takes a millisecond, from the given one on.</summary>
internal static class Steps
{
    public const long Lost = Observation.FirstLost;

    public static Operation Write(int at, int session, int key, long version) => At(at, session, OperationKind.Write, new Observation(key, version));

    public static Operation Read(int at, int session, int key, long version) => At(at, session, OperationKind.Read, new Observation(key, version));

    public static Operation Merge(int at, int session, int other) => At(at, session, OperationKind.Merge) with { Other = other };

    public static Operation Forget(int at, int session, int history) => At(at, session, OperationKind.Forget) with { History = history };

    public static Operation Failed(this Operation operation, string failure, WriteDisposition disposition = WriteDisposition.Ambiguous) =>
        operation with { Failure = failure, Disposition = disposition };

    public static Operation On(this Operation operation, int history) => operation with { History = history };

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Operation At(int at, int session, OperationKind kind, params Observation[] observations) => new()
    {
        Session = session,
        Kind = kind,
        Observations = observations,
        Level = ConsistencyLevel.Session,
        Invoked = Ms(at),
        Completed = Ms(at + 1),
    };
}

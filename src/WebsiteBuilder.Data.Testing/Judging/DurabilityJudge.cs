namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Finds writes that were acknowledged as safe on more than one node and are lost all the same (<see cref="Observation.FirstLost"/>). Pure.
/// </summary>
public static class DurabilityJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order.</param>
    /// <param name="safe">The lowest <see cref="Operation.Reached"/> that promises to survive; by default that standbys had received the write.</param>
    /// <returns>The broken promises in the order of the history.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, WriteDurability safe = WriteDurability.RemoteWrite)
    {
        ArgumentNullException.ThrowIfNull(history);
        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Kind: OperationKind.Write, Acknowledged: true, Succeeded: true, Observations: [{ Versions: [var version, ..] } written, ..] } write
                && write.Reached >= safe && Observation.IsLost(version))
            {
                found.Add(new Violation
                {
                    Judge = nameof(DurabilityJudge),
                    Operation = i,
                    Key = written.Key,
                    Version = version,
                    Required = version,
                    Explanation = $"version {Wording.Version(version)} of key {Wording.Number(written.Key)}, acknowledged to session "
                        + $"{Wording.Number(write.Session)} at {Wording.Time(write.Completed)} as {write.Reached}, is not in the log that survived",
                });
            }
        }

        return found;
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Reads a node's whole history: its timeline and the switch points before it from the server itself, over a replication connection; the
/// histories' names from <c>wbd.history</c>. The first client to meet a new timeline gives it a random name, so that two nodes promoted at
/// one position to one timeline number differ.
/// </summary>
internal sealed class HistoryReader(PostgresConnections connections, EngineRuntime runtime)
{
    /// <summary>The history, and up to where the node's log is known to be of it.</summary>
    public async Task<(LogHistory History, ulong Reach)> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (timeline, reach, switches) = await IdentifyAsync(cancellationToken).ConfigureAwait(false);
            var names = await connections.AskAsync(
                static (place, ask, token) => ask.reader.NamesAsync(place.Connection, ask.timeline, token), (reader: this, timeline), cancellationToken).ConfigureAwait(false);
            var ancestors = switches
                .Where(change => names.ContainsKey(change.Timeline))
                .Select(change => new HistoryAncestor(names[change.Timeline], change.End))
                .ToArray();
            var nameless = switches
                .Select((change, i) => (change.Timeline, Start: i == 0 ? 0 : switches[i - 1].End))
                .Where(change => !names.ContainsKey(change.Timeline))
                .Select(static change => new NamelessAncestor(change.Timeline, change.Start))
                .ToArray();
            return (new LogHistory(names[timeline], timeline, ancestors, nameless, switches.Count == 0 ? 0 : switches[^1].End), reach);
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.Reading(exception, cancellationToken);
        }
    }

    private async Task<(uint Timeline, ulong Reach, IReadOnlyList<(uint Timeline, ulong End)> Switches)> IdentifyAsync(CancellationToken cancellationToken)
    {
        var replication = new PhysicalReplicationConnection(connections.ReplicationString);
        await using (replication.ConfigureAwait(false))
        {
            try
            {
                await replication.Open(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                throw PostgresFaults.Connecting(exception, cancellationToken);
            }

            var system = await replication.IdentifySystem(cancellationToken).ConfigureAwait(false);
            if (system.Timeline == 1)
            {
                return (1, (ulong)system.XLogPos, []);
            }

            var content = await TimelineFile.ReadAsync(replication, system.Timeline, cancellationToken).ConfigureAwait(false);
            return (system.Timeline, (ulong)system.XLogPos, TimelineFile.Parse(content));
        }
    }

    /// <summary>The timelines' names; this one's is given to it if it has none. That may be asked twice: who comes second finds the name.</summary>
    private async Task<Dictionary<uint, HistoryId>> NamesAsync(NpgsqlConnection connection, uint timeline, CancellationToken cancellationToken)
    {
        var names = await HistoryNames.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        if (!names.ContainsKey(timeline))
        {
            await HistoryNames.GiveAsync(connection, timeline, NewName(), cancellationToken).ConfigureAwait(false);
            names = await HistoryNames.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        return names.ContainsKey(timeline)
            ? names
            : throw new StoreFaultException(StoreFaultKind.WrongRole, WriteDisposition.NotApplied, "The server was promoted while it was asked for its history.");
    }

    private HistoryId NewName()
    {
        Span<byte> random = stackalloc byte[4];
        do
        {
            runtime.FillRandom(random);
        }
        while (BitConverter.ToUInt32(random) == 0);
        return new HistoryId(BitConverter.ToUInt32(random));
    }
}

/// <summary>A timeline history file: one line for each timeline before this one, with the position at which it was left.</summary>
internal static class TimelineFile
{
    /// <summary>
    /// Asks for the file. Since PostgreSQL 15 the server sends it as text; Npgsql's public method insists on bytes (10.0.0), so its own way of
    /// asking is used where that fails.
    /// </summary>
    public static async Task<string> ReadAsync(PhysicalReplicationConnection replication, uint timeline, CancellationToken cancellationToken)
    {
        try
        {
            var file = await replication.TimelineHistory(timeline, cancellationToken).ConfigureAwait(false);
            return Encoding.UTF8.GetString(file.Content);
        }
        catch (InvalidCastException)
        {
            var row = await ReadSingleRow(
                replication, string.Create(CultureInfo.InvariantCulture, $"TIMELINE_HISTORY {timeline}"), cancellationToken).ConfigureAwait(false);
            return (string)row[1];
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern Task<object[]> ReadSingleRow(ReplicationConnection replication, string command, CancellationToken cancellationToken);

    public static IReadOnlyList<(uint Timeline, ulong End)> Parse(string content)
    {
        var switches = new List<(uint, ulong)>();
        foreach (var line in content.Split('\n'))
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length >= 2 && uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var timeline)
                && NpgsqlLogSequenceNumber.TryParse(fields[1], out var end))
            {
                switches.Add((timeline, (ulong)end));
            }
        }

        return switches;
    }
}

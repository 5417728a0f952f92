using System.Globalization;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>One region's copy of some global keys.</summary>
internal sealed class GlobalShelf(RealTimeContext context, RegionId region, string name, GlobalKeysPolicy policy)
{
    private const int PageSize = 100;
    private const string Kind = "global";

    private readonly string _jurisdiction = policy.Jurisdiction ?? "";

    public RegionId Region => region;

    public async ValueTask<StampedEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var reply = await RunAsync(GlobalScripts.Get, PartitionOf(key), [_jurisdiction, key], cancellationToken).ConfigureAwait(false);
        return reply.AsItems().Length == 0 || reply.Items[0].IsNull ? null : StampedEntry.Read(reply.Items[0].AsBytes()!);
    }

    public async ValueTask<StampedEntry> WriteAsync(string key, ReadOnlyMemory<byte>? value, CancellationToken cancellationToken)
    {
        RedisArgument[] arguments =
            [_jurisdiction, Life, StampedEntry.Measured(region), context.NewHistory(), value is null ? "d" : "v", key, value ?? default];
        return StampedEntry.Read((await RunAsync(GlobalScripts.Write, PartitionOf(key), arguments, cancellationToken).ConfigureAwait(false)).AsBytes()!);
    }

    /// <summary>Takes in what another region has.</summary>
    /// <param name="source">That region's copy.</param>
    /// <param name="partition">A part of it.</param>
    /// <param name="isFull">Whether from its beginning, rather than from where the last copy ended.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<GlobalCopy> CopyAsync(GlobalShelf source, int partition, bool isFull, CancellationToken cancellationToken)
    {
        var from = source.Region.ToString();
        var cursor = isFull ? 0 : (await RunAsync(GlobalScripts.Cursor, partition, [_jurisdiction, from], cancellationToken).ConfigureAwait(false)).AsInt64();
        GlobalCopy copy = default;
        while (true)
        {
            var page = await source.RunAsync(GlobalScripts.Page, partition, [_jurisdiction, cursor, PageSize], cancellationToken).ConfigureAwait(false);
            var count = (page.AsItems().Length - 1) / 2;
            if (count == 0)
            {
                return copy;
            }

            var last = page.Items[0].AsInt64();
            RedisArgument[] arguments = [_jurisdiction, Life, from, cursor, last, .. page.Items[1..].ToArray().Select(static part => (RedisArgument)part.AsBytes()!)];
            var changed = (await RunAsync(GlobalScripts.Merge, partition, arguments, cancellationToken).ConfigureAwait(false)).AsInt64();
            cursor = last;
            copy = new GlobalCopy(copy.Seen + count, copy.Changed + changed, 0);
            if (count < PageSize)
            {
                // What is written from now on is for the next copy.
                return copy;
            }
        }
    }

    private long Life => Bounds.Milliseconds(policy.TombstoneLife);

    private int PartitionOf(string key) => KeyPlace.Of(key, policy.Partitions).Partition;

    private async ValueTask<RedisReply> RunAsync(RedisScript script, int partition, RedisArgument[] arguments, CancellationToken cancellationToken)
    {
        var part = string.Create(CultureInfo.InvariantCulture, $"{name}/{partition}");
        RedisArgument[] keys =
            [context.Keys.Key(Kind, part, "head"), context.Keys.Key(Kind, part, "entries"), context.Keys.Key(Kind, part, "order"), context.Keys.Key(Kind, part, "deleted")];
        var reply = await context.RunAsync(script, keys, arguments, cancellationToken).ConfigureAwait(false);
        return reply.IsNull ? throw new InvalidOperationException("In that region the keys of this name are of another jurisdiction; nothing was read or written.") : reply;
    }
}

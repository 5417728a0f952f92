using System.Globalization;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>One region's copy of some global keys.</summary>
internal sealed class GlobalShelf(RealTimeContext context, RegionId region, string name, GlobalKeysPolicy policy)
{
    private const int PageSize = 100;
    private const string Kind = "global";

    /// <summary>What comes before a page's entries.</summary>
    private const int Head = 1 + GlobalTouch.Parts;

    /// <summary>A change's number, the key, the entry.</summary>
    private const int EntryParts = 3;

    /// <summary>How often it is noted, in the life of a deletion, that a copy was complete.</summary>
    private const int NotesPerLife = 64;

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
            [_jurisdiction, Life, Skew, StampedEntry.Measured(region), context.NewHistory(), value is null ? "d" : "v", key, value ?? default];
        return StampedEntry.Read((await RunAsync(GlobalScripts.Write, PartitionOf(key), arguments, cancellationToken).ConfigureAwait(false)).AsBytes()!);
    }

    /// <summary>Takes in what another region has.</summary>
    /// <param name="source">That region's copy.</param>
    /// <param name="partition">A part of it.</param>
    /// <param name="isFull">Whether from its beginning, rather than from where the last copy ended.</param>
    /// <param name="looksFirst">Whether to ask how the two stand before any entry is: for a region that was out of touch the last time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<GlobalCopy> CopyAsync(GlobalShelf source, int partition, bool isFull, bool looksFirst, CancellationToken cancellationToken)
    {
        var from = source.Region.ToString();
        var (seen, refused, here) = await SightAsync(partition, source.Region, cancellationToken).ConfigureAwait(false);
        if (looksFirst && IsLost(here, (await source.SightAsync(partition, region, cancellationToken).ConfigureAwait(false)).Touch))
        {
            return new GlobalCopy { OutOfTouch = 1 };
        }

        var (cursor, began, isRepeated) = (isFull ? 0 : seen, here.Now, false);
        GlobalCopy copy = default;
        for (var count = PageSize; count == PageSize;)
        {
            var page = await source.RunAsync(GlobalScripts.Page, partition, [_jurisdiction, cursor, PageSize, region.ToString()], cancellationToken).ConfigureAwait(false);
            var there = GlobalTouch.Read(page.AsItems()[1..Head]);
            if (IsLost(here, there))
            {
                return copy with { OutOfTouch = 1 };
            }

            // Fewer than a page: what is written from now on is for the next copy.
            count = (page.Items.Length - Head) / EntryParts;
            if (page.Items[0].AsInt64() is var last && last > cursor)
            {
                RedisArgument[] arguments =
                    [_jurisdiction, Life, Skew, from, cursor, last, Math.Max(there.Heard, here.Forgotten), .. page.Items[Head..].ToArray().Select(static part => (RedisArgument)part.AsBytes()!)];
                var merged = (await RunAsync(GlobalScripts.Merge, partition, arguments, cancellationToken).ConfigureAwait(false)).AsItems();
                if (merged.Length == 0)
                {
                    // A deletion was forgotten here while the page was on its way. Where that happens again, others' turns come first.
                    if (isRepeated)
                    {
                        return copy with { Unreachable = 1 };
                    }

                    isRepeated = true;
                    (_, _, here) = await SightAsync(partition, source.Region, cancellationToken).ConfigureAwait(false);
                    count = PageSize;
                    continue;
                }

                (cursor, here) = (last, GlobalTouch.Read(merged[3..]));
                copy = copy.Add(new GlobalCopy(count, merged[0].AsInt64(), 0) { Refused = merged[1].AsInt64(), Wait = TimeSpan.FromMilliseconds(merged[2].AsInt64()) });
            }
        }

        var isMending = isFull && refused > 0;
        if (isMending || began - here.Copied > Life / NotesPerLife)
        {
            await RunAsync(GlobalScripts.Copied, partition, [_jurisdiction, Life, Skew, from, began, isMending ? refused : 0, cursor], cancellationToken).ConfigureAwait(false);
        }

        return copy;
    }

    /// <summary>Gives the entries of a part whose stamps are too far ahead new ones.</summary>
    public async Task<long> RestampAsync(int partition, CancellationToken cancellationToken)
    {
        var (cursor, sum) = (0L, 0L);
        while (true)
        {
            RedisArgument[] arguments = [_jurisdiction, Life, Skew, StampedEntry.Measured(region), context.NewHistory(), cursor, PageSize];
            var page = (await RunAsync(GlobalScripts.Restamp, partition, arguments, cancellationToken).ConfigureAwait(false)).AsItems();
            (cursor, sum) = (page[0].AsInt64(), sum + page[1].AsInt64());
            if (page[2].AsInt64() < PageSize)
            {
                return sum;
            }
        }
    }

    /// <summary>Begins a part anew, empty.</summary>
    public Task BeginAsync(int partition, CancellationToken cancellationToken) =>
        RunAsync(GlobalScripts.Begin, partition, [_jurisdiction, Life, Skew], cancellationToken).AsTask();

    private async ValueTask<(long Cursor, long Refused, GlobalTouch Touch)> SightAsync(int partition, RegionId other, CancellationToken cancellationToken)
    {
        var sight = (await RunAsync(GlobalScripts.Sight, partition, [_jurisdiction, other.ToString()], cancellationToken).ConfigureAwait(false)).AsItems();
        return (sight[0].AsInt64(), sight[1].AsInt64(), GlobalTouch.Read(sight[2..]));
    }

    private bool IsLost(GlobalTouch here, GlobalTouch there) => GlobalTouch.IsLost(here, there, Life, Skew);

    private long Life => Bounds.Milliseconds(policy.TombstoneLife);

    private long Skew => Bounds.Milliseconds(policy.MaxClockSkew);

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

using System.Globalization;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Does one worker's steps, one after the other, in its seat.</summary>
internal sealed class Worker(Stage stage, Crew crew, int number, IReadOnlyList<Step> steps, TimeSpan healedAt)
{
    private Seat Seat => crew.Seats[number];

    public async Task RunAsync()
    {
        foreach (var step in steps)
        {
            if (step.Healed && healedAt + Script.RecoversWithin > stage.Now)
            {
                await Task.Delay(healedAt + Script.RecoversWithin - stage.Now, stage.Time).ConfigureAwait(false);
            }

            await Task.Delay(step.Think, stage.Time).ConfigureAwait(false);
            await BeatAsync().ConfigureAwait(false);
            await DoAsync(step).ConfigureAwait(false);
        }
    }

    private async Task BeatAsync()
    {
        // Two who share a session don't begin at one instant: nobody could say whose call came first.
        var offset = TimeSpan.FromMicroseconds(number % 2);
        if (stage.World.Workload.Beat is { } beat && (stage.Now - offset).Ticks % beat.Ticks is var late and > 0)
        {
            // A delay counts whole milliseconds, and would spread what is to begin at once.
            var begun = new TaskCompletionSource();
            stage.At(stage.Now + beat - TimeSpan.FromTicks(late), begun.SetResult);
            await begun.Task.ConfigureAwait(false);
        }
    }

    private Task DoAsync(Step step) => step.Kind switch
    {
        StepKind.Find => FindAsync(step),
        StepKind.FindMany => FindManyAsync(step),
        StepKind.Query => QueryAsync(step),
        StepKind.Upsert => WriteAsync(step, static (items, item, options, token) => items.UpsertAsync(item, options, cancellationToken: token)),
        StepKind.Insert => WriteAsync(step, static (items, item, options, token) => items.InsertAsync(item, options, token)),
        StepKind.Delete => WriteAsync(step, static (items, item, options, token) => items.DeleteAsync(item.Key, options: options, cancellationToken: token)),
        StepKind.ReadAndUpdate => ReadAndUpdateAsync(step),
        _ => crew.ChangeSeat(number, step),
    };

    private async Task<Item?> FindAsync(Step step)
    {
        Item? found = null;
        await CallAsync(step, OperationKind.Read, [step.Key], async (items, token) =>
        {
            var read = await items.FindAsync(stage.KeyOf(step.Key), Reads(step), token).ConfigureAwait(false);
            found = read.Value;
            return Answer.Of(read, [found?.Value]) with { Rows = found is null ? [] : [found.Key] };
        }).ConfigureAwait(false);
        return found;
    }

    private Task FindManyAsync(Step step)
    {
        var keys = Neighbours(step);
        return CallAsync(step, OperationKind.Read, keys, async (items, token) =>
        {
            var read = await items.FindManyAsync([.. keys.Select(stage.KeyOf)], Reads(step), token).ConfigureAwait(false);
            return Answer.Of(read, Values(keys, read.Value)) with { Rows = [.. read.Value.Select(static item => item.Key)] };
        });
    }

    private Task QueryAsync(Step step)
    {
        var keys = Neighbours(step);
        return CallAsync(step, OperationKind.Read, keys, async (items, token) =>
        {
            var first = stage.KeyOf(keys[0]);
            var query = Query.All<Item>()
                .In(first.Territory)
                .Where(Item.Id, Comparison.GreaterOrEqual, first.Id)
                .Where(Item.Id, Comparison.LessOrEqual, stage.KeyOf(keys[^1]).Id);
            var found = new List<Item>();
            await foreach (var item in items.QueryAsync(query, Reads(step), token).ConfigureAwait(false))
            {
                found.Add(item);
            }

            return new Answer(Values(keys, found), null) { Rows = [.. found.Select(static item => item.Key)] };
        });
    }

    private async Task ReadAndUpdateAsync(Step step)
    {
        if (await FindAsync(step).ConfigureAwait(false) is { } found)
        {
            await WriteAsync(step, (items, item, options, token) => items.UpdateAsync(item, found.Version, options, token)).ConfigureAwait(false);
        }
    }

    private Task WriteAsync(Step step, Func<IRepository<Item, ItemKey>, Item, WriteOptions, CancellationToken, Task<WriteResult>> write)
    {
        long? value = step.Kind == StepKind.Delete ? null : step.Value;
        return CallAsync(step, OperationKind.Write, [step.Key], async (items, token) => Answer.Of(
            await write(
                items,
                new Item(stage.KeyOf(step.Key), step.Value),
                new WriteOptions { Durability = step.Durability, Timeout = step.Timeout, IdempotencyKey = step.IdempotencyKey?.ToString(CultureInfo.InvariantCulture) },
                token).ConfigureAwait(false),
            value));
    }

    private async Task CallAsync(
        Step step, OperationKind kind, IReadOnlyList<int> keys, Func<IRepository<Item, ItemKey>, CancellationToken, Task<Answer>> work)
    {
        var (session, invoked) = (Seat.Session, stage.Now);
        var shard = stage.Cluster.Shards[stage.ShardOf(step.Key)];
        var before = Crew.WhereaboutsOf(shard);
        var call = new Call
        {
            Step = step,
            Kind = kind,
            Session = Seat.Number,
            Process = Seat.Process,
            Shard = shard.Number,
            Keys = keys,
            Values = kind == OperationKind.Write ? [step.Kind == StepKind.Delete ? null : step.Value] : [],
            Invoked = invoked,
        };
        var givesUpAfter = step.GivesUpAfter ?? (kind == OperationKind.Read ? stage.Impatience?.Of(step) : null);
        using var patience = givesUpAfter is { } span ? new CancellationTokenSource(span, stage.Time) : new CancellationTokenSource();
        try
        {
            var answer = await work(session.Repository<Item, ItemKey>(), patience.Token).ConfigureAwait(false);
            call = call with
            {
                Values = answer.Values,
                Told = [.. answer.Rows.Select(stage.NumberOf)],
                Endpoint = answer.Endpoint,
                Source = answer.Source,
                Age = answer.Age,
                Reason = answer.Reason,
                Reached = answer.Reached,
                Branch = Crew.BranchOf(shard, answer.Endpoint, before),
            };
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            call = call with { WasCancelled = true };
        }
        catch (Exception error)
        {
            call = call with { Error = error, Told = error is UnreadableItemException unreadable ? [stage.NumberOf(unreadable.Key)] : [] };
        }

        var cancelledAt = patience.IsCancellationRequested ? invoked + givesUpAfter : null;
        crew.Record(call with { Completed = stage.Now, CancelledAt = cancelledAt });
        crew.Heed(number, session, call.Error, shard.Number);
    }

    private ReadOptions Reads(Step step) => new()
    {
        Consistency = step.Level,
        MaxStaleness = step.Bound,
        Barrier = step.Barrier ? StrongReadBarrier.Quorum : null,
        Region = step.OnlyRegionOf is { } region ? RegionId.Parse(stage.World.Regions[region]) : null,
        Timeout = step.Timeout,
    };

    /// <summary>Keys of the same shard, side by side.</summary>
    private List<int> Neighbours(Step step)
    {
        var (shards, all) = (stage.Territories.Count, stage.Territories.Count * stage.World.Workload.Keys);
        return [.. Enumerable.Range(0, step.Count).Select(i => step.Key + (i * shards)).Where(key => key < all)];
    }

    private List<long?> Values(IReadOnlyList<int> keys, IReadOnlyList<Item> found)
    {
        var values = found.ToDictionary(static item => item.Key, static item => item.Value);
        return [.. keys.Select(key => values.TryGetValue(stage.KeyOf(key), out var value) ? value : (long?)null)];
    }
}

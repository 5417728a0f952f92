using System.Numerics;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What comes to a node: it is counted, refused by a server that is down, held by one that hangs, and befallen by the faults that were asked for.</summary>
internal sealed class Arrivals(SimulatedShard shard, SimulatedNode node)
{
    private readonly FaultPlan _faults = new();
    private readonly int[] _counts = new int[5];

    /// <summary>Asks for a fault. Called under the shard's lock.</summary>
    public void FailNext(SimulatedFault fault, SimulatedOperations operations, int times) => _faults.Add(fault, operations, times);

    /// <summary>Forgets the faults that were asked for.</summary>
    public void Heal() => _faults.Clear();

    /// <summary>How many operations of these kinds have come. Called under the shard's lock.</summary>
    public int CountOf(SimulatedOperations operations)
    {
        var sum = 0;
        for (var kind = 0; kind < _counts.Length; kind++)
        {
            sum += ((int)operations & (1 << kind)) != 0 ? _counts[kind] : 0;
        }

        return sum;
    }

    /// <summary>An operation arrives.</summary>
    /// <exception cref="StoreFaultException">Nobody listens.</exception>
    public void Note(SimulatedOperations operation)
    {
        lock (shard.Lock)
        {
            _counts[BitOperations.TrailingZeroCount((int)operation)]++;
            if (!node.IsUp || !node.IsComplete)
            {
                throw Faults.Of(SimulatedFault.Unreachable, operation);
            }
        }
    }

    /// <summary>Lets an operation in once the node answers; tells the incarnation that serves it, and the fault that befalls it.</summary>
    /// <exception cref="StoreFaultException">The server went down before.</exception>
    public Task<(long Incarnation, SimulatedFault? Fault)> AdmitAsync(SimulatedOperations operation) =>
        WhenAnsweringAsync(() => (node.Incarnation, _faults.Take(operation)), () => throw Faults.Lost(operation));

    /// <summary>Cancels a write once the node answers; one that doesn't wait then is left alone.</summary>
    public async Task CancelAsync(WriteWait wait)
    {
        if (await WhenAnsweringAsync(static () => true, static () => false).ConfigureAwait(false))
        {
            shard.Change(() => wait.IsCancelled = wait.IsWaiting);
        }
    }

    private async Task<T> WhenAnsweringAsync<T>(Func<T> answer, Func<T> whenDown)
    {
        while (true)
        {
            Task changed;
            lock (shard.Lock)
            {
                if (!node.IsUp)
                {
                    return whenDown();
                }

                if (!node.IsHung)
                {
                    return answer();
                }

                changed = shard.NextChange();
            }

            await changed.ConfigureAwait(false);
        }
    }
}

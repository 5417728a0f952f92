using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>How often an engine is asked. Immutable.</summary>
/// <param name="Interval">Between questions.</param>
/// <param name="WhileDisagreeing">Between questions while it names another leader than the node that this client writes at, if that is shorter.</param>
/// <param name="Limit">How long a member may keep a question.</param>
internal sealed record EngineWatchPolicy(TimeSpan Interval, TimeSpan WhileDisagreeing, TimeSpan Limit);

/// <summary>
/// Asks the engine that promotes a shard's nodes, one member at a time, and has all nodes probed when it says something new, or something else than they do. It decides nothing: who is primary is
/// what nodes prove, and without any answer everything goes on as if there were no engine to ask. Owns the members.
/// </summary>
/// <param name="members">Those that can be asked, and the endpoint beside each.</param>
/// <param name="definition">The shard.</param>
/// <param name="primary">The endpoint that takes writes in this client's sight; less than 0 if none does.</param>
/// <param name="runtime">Time and chance.</param>
/// <param name="policy">How often.</param>
/// <param name="logger">Told what is new.</param>
internal sealed class EngineWatch(
    IReadOnlyList<(int Endpoint, IEngineMember Member)> members,
    ShardDefinition definition,
    Func<int> primary,
    EngineRuntime runtime,
    EngineWatchPolicy policy,
    ILogger logger) : IDisposable
{
    /// <summary>How many members are asked in a row: of a large shard whose network is gone, not all.</summary>
    private const int MostInARow = 3;

    /// <summary>So many looks in vain are worth a warning; one may have met a busy moment.</summary>
    private const int SilentAfter = 2;

    private readonly EngineNews _news = new();
    private int _at;
    private int _inVain;
    private bool _hasAnswered;

    /// <summary>Asks until it is cancelled.</summary>
    /// <param name="probe">Has all nodes probed now.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(Action probe, CancellationToken cancellationToken)
    {
        // Not all clients ask the same one.
        _at = runtime.NextRandom(members.Count);
        while (true)
        {
            var view = await AskAsync(cancellationToken).ConfigureAwait(false);
            var pause = view is not null && Weigh(view, probe) && policy.WhileDisagreeing < policy.Interval ? policy.WhileDisagreeing : policy.Interval;
            Answered(view is not null);
            await runtime.Delay(runtime.Jitter(pause), cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        foreach (var (_, member) in members)
        {
            member.Dispose();
        }
    }

    /// <summary>
    /// Asks the member that answered last time, and the next ones until somebody names a leader: another one may know of one, and some may be members of a cluster that only follows.
    /// </summary>
    private async Task<EngineView?> AskAsync(CancellationToken cancellationToken)
    {
        EngineView? seen = null;
        for (var left = Math.Min(MostInARow, members.Count); left > 0; left--)
        {
            var view = await AskAsync(members[_at].Member, cancellationToken).ConfigureAwait(false);
            if (view is { Leader: not null })
            {
                return view;
            }

            seen ??= view;
            _at = (_at + 1) % members.Count;
        }

        return seen;
    }

    private async Task<EngineView?> AskAsync(IEngineMember member, CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.WithinAsync(policy.Limit, member, static (member, token) => member.AskAsync(token), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Does what follows from an answer; true while it disagrees with what this client sees.</summary>
    private bool Weigh(EngineView view, Action probe)
    {
        var (leader, writable) = (EndpointOf(view), primary());
        var verdict = _news.Look(view, leader, writable);
        if (verdict.IsNews || !_hasAnswered || _inVain >= SilentAfter)
        {
            _hasAnswered = true;
            Log.EngineSays(logger, definition.Name, NameOf(view, leader), view.Timeline, view.IsPaused, view.Switchover is not null);
        }

        if (verdict.IsToBeSaid)
        {
            Log.EngineDisagrees(logger, definition.Name, NameOf(view, leader), definition.Endpoints[writable].Name);
        }

        if (verdict.IsNews || verdict.Disagrees)
        {
            probe();
        }

        return verdict.Disagrees;
    }

    private void Answered(bool isAnswered)
    {
        _inVain = isAnswered ? 0 : _inVain + 1;
        if (_inVain == SilentAfter)
        {
            Log.EngineSilent(logger, definition.Name);
        }
    }

    private int EndpointOf(EngineView view)
    {
        foreach (var endpoint in definition.Endpoints)
        {
            if (string.Equals(endpoint.Name, view.Leader, StringComparison.OrdinalIgnoreCase))
            {
                return endpoint.Index;
            }
        }

        foreach (var (endpoint, member) in members)
        {
            if (string.Equals(member.Address, view.LeaderAddress, StringComparison.OrdinalIgnoreCase))
            {
                return endpoint;
            }
        }

        return EngineNews.Stranger;
    }

    private string NameOf(EngineView view, int leader) => view.Leader is null ? "nobody" : leader < 0 ? "none of the endpoints" : definition.Endpoints[leader].Name;
}

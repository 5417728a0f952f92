using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Failover;

/// <summary>
/// The votes that a coordinator holds. Each ends by itself at its node when nothing was heard for the lifetime, and whatever is done to a node is done on
/// the session that holds its vote: what is lost can't be used any more, however late the coordinator notices.
/// </summary>
internal sealed class QuorumLease : IAsyncDisposable
{
    private readonly FailoverContext _context;
    private readonly List<HeldVote> _held = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _renewal = Task.CompletedTask;

    private QuorumLease(FailoverContext context)
    {
        _context = context;
    }

    /// <summary>The votes that are not known to be lost.</summary>
    public IEnumerable<HeldVote> Held => _held.Where(static vote => !vote.IsLost);

    /// <summary>Whether some vote was refused because another coordinator holds it.</summary>
    public bool MetAnother { get; private set; }

    /// <summary>Takes what votes can be had, in the order of the settings, and stops at the first that somebody else holds: of two, one goes on.</summary>
    public static async Task<QuorumLease> TakeAsync(FailoverContext context, IEnumerable<Member> members, CancellationToken cancellationToken)
    {
        var lease = new QuorumLease(context);
        try
        {
            foreach (var member in members)
            {
                try
                {
                    var vote = await context.WithinAsync(
                        context.Policy.CheckTimeout, token => context.NodeOf(member).TryTakeVoteAsync(context.Policy.LeaseTime, token), cancellationToken).ConfigureAwait(false);
                    if (vote is null)
                    {
                        lease.MetAnother = true;
                        break;
                    }

                    lease._held.Add(new HeldVote(context, member, vote));
                }
                catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        lease._renewal = context.Runtime.Start(lease.RenewLoopAsync);
        return lease;
    }

    public HeldVote? Of(Member member) => Held.FirstOrDefault(vote => vote.Member == member);

    /// <summary>
    /// Renews all votes at once. Those that answered soon enough are all held for another half of the lifetime: until then nobody else has any of them, whatever
    /// becomes of this process meanwhile.
    /// </summary>
    /// <returns>Those, each with the instant by its node's own clock until which this is so.</returns>
    public async Task<IReadOnlyDictionary<Member, DateTimeOffset>> RenewAsync(CancellationToken cancellationToken)
    {
        var sent = _context.Runtime.Now;
        var clocks = await Task.WhenAll(Held.ToArray().Select(async vote => (vote.Member, Clock: await ClockAsync(vote, cancellationToken).ConfigureAwait(false))))
            .ConfigureAwait(false);
        return _context.Runtime.Now - sent > Soon
            ? new Dictionary<Member, DateTimeOffset>()
            : clocks.Where(static answer => answer.Clock is not null).ToDictionary(
                static answer => answer.Member, answer => answer.Clock!.Value + (_context.Policy.LeaseTime / 2));
    }

    public async ValueTask DisposeAsync()
    {
        await _context.Runtime.CancelAsync(_stop).ConfigureAwait(false);
        await _renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_held.Select(static vote => vote.DisposeAsync().AsTask())).ConfigureAwait(false);
        _stop.Dispose();
    }

    private TimeSpan Soon => _context.Policy.LeaseTime / 4;

    private static async Task<DateTimeOffset?> ClockAsync(HeldVote vote, CancellationToken cancellationToken)
    {
        try
        {
            return await vote.UseAsync(static (hand, token) => hand.RenewAsync(token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private async Task RenewLoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _context.Runtime.Delay(Soon / 2, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var vote in _stop.IsCancellationRequested ? [] : Held.Where(static vote => !vote.IsBusy).ToArray())
            {
                // Not waited for: one that hangs must not keep the others.
                _ = RenewOneAsync(vote);
            }
        }
    }

    private async Task RenewOneAsync(HeldVote vote)
    {
        try
        {
            await ClockAsync(vote, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The lease is given back.
        }
    }
}

/// <summary>One vote, used by one at a time.</summary>
internal sealed class HeldVote(FailoverContext context, Member member, INodeVote vote) : IAsyncDisposable
{
    private readonly Turns _turns = new();
    private bool _isLost;

    public Member Member { get; } = member;

    /// <summary>Whether its session is gone, or in an unknown state.</summary>
    public bool IsLost => Volatile.Read(ref _isLost);

    public bool IsBusy => _turns.IsBusy;

    /// <summary>Whether the standby was detached when it was first looked at.</summary>
    public bool? WasDetached { get; set; }

    public Task<T> UseAsync<T>(Func<INodeVote, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        UseAsync(work, context.Policy.CheckTimeout, cancellationToken);

    /// <summary>Does something on the session when those before have ended. A failure or a timeout loses the vote: what the session does now isn't known.</summary>
    public Task<T> UseAsync<T>(Func<INodeVote, CancellationToken, Task<T>> work, TimeSpan limit, CancellationToken cancellationToken) =>
        _turns.TakeAsync(() => RunAsync(work, limit, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _turns.Ended.ConfigureAwait(false);
        Volatile.Write(ref _isLost, true);
        try
        {
            await context.WithinAsync(
                context.Policy.CheckTimeout,
                async _ =>
                {
                    await vote.DisposeAsync().ConfigureAwait(false);
                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            // The node ends the session by itself when it hears nothing more.
        }
    }

    private async Task<T> RunAsync<T>(Func<INodeVote, CancellationToken, Task<T>> work, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (IsLost)
        {
            throw new StoreFaultException(StoreFaultKind.Interrupted, WriteDisposition.NotApplied, "The vote is lost.");
        }

        try
        {
            return await context.WithinAsync(limit, token => work(vote, token), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Volatile.Write(ref _isLost, true);
            throw;
        }
    }
}

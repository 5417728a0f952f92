namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>
/// People at work: each session thinks for 50 ms, then reads a user, or, one time in ten, writes one and reads it back at once half of the
/// time. All sessions of a site share its users, so they see each other's writes.
/// </summary>
internal sealed class Workload(Site site, ReadOptions reads, TimeProvider time)
{
    public const double WriteShare = 0.1;
    public const double ReadBackShare = 0.5;
    public static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(50);

    /// <summary>What the sessions' reads were like.</summary>
    public Journal Journal { get; } = new(time);

    /// <summary>Runs sessions until they are told to go home; each finishes what it is doing.</summary>
    public Task RunAsync(int sessions, CancellationToken goHome, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, sessions).Select(seed => SessionAsync(new Random(seed), goHome, cancellationToken)));

    private async Task SessionAsync(Random random, CancellationToken goHome, CancellationToken cancellationToken)
    {
        var users = site.Client.OpenSession().Users();
        var memory = new SessionMemory();
        await Task.Delay(ThinkTime * random.NextDouble(), time, cancellationToken);
        while (!goHome.IsCancellationRequested)
        {
            var user = site.Users[random.Next(site.Users.Count)];
            var writes = random.NextDouble() < WriteShare;
            var wrote = writes && await WriteAsync(users, memory, user, cancellationToken);
            if (!writes || (wrote && random.NextDouble() < ReadBackShare))
            {
                await ReadAsync(users, memory, user.Key, isReadBack: writes, cancellationToken);
            }

            await Task.Delay(ThinkTime, time, cancellationToken);
        }
    }

    private async Task<bool> WriteAsync(IRepository<User, UserKey> users, SessionMemory memory, User user, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            var result = await users.UpdateAsync(user.SeenNow(time), cancellationToken: cancellationToken);
            Journal.Wrote(startedAt);
            memory.Wrote(user.Key, result.Version);
            return true;
        }
        catch (DataTierException exception)
        {
            Journal.WriteFailed(exception);
            return false;
        }
    }

    private async Task ReadAsync(
        IRepository<User, UserKey> users, SessionMemory memory, UserKey key, bool isReadBack, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        try
        {
            var result = await users.FindAsync(key, reads, cancellationToken);
            var keptPromise = memory.Saw(key, result.Value?.Version ?? 0);
            Journal.Read(startedAt, result.Region == site.Region, isReadBack, keptPromise);
        }
        catch (DataTierException exception)
        {
            Journal.ReadFailed(exception);
        }
    }
}

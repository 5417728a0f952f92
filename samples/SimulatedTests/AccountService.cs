namespace WebsiteBuilder.Data.Samples.SimulatedTests;

/// <summary>What became of a change that somebody asked for.</summary>
public enum ChangeOutcome
{
    /// <summary>It is stored.</summary>
    Saved = 0,

    /// <summary>Somebody else was faster; nothing is stored.</summary>
    Conflict = 1,

    /// <summary>It may be stored or not, and the person is told so.</summary>
    Unclear = 2,

    /// <summary>Something that the person had saved before is gone: it must be done again.</summary>
    EarlierChangeLost = 3,
}

/// <summary>A small service of an application: accounts, on the repository of the request's session.</summary>
public sealed class AccountService(IRepository<User, UserKey> users, TimeProvider time)
{
    public async Task<ChangeOutcome> SignUpAsync(UserKey key, string email)
    {
        var now = time.GetUtcNow();
        return await SaveAsync(() => users.InsertAsync(new User { Key = key, Email = email, CreatedAt = now, UpdatedAt = now }));
    }

    public async Task<ChangeOutcome> RenameAsync(UserKey key, string name)
    {
        var read = await users.FindAsync(key);
        return read.Value is { } user
            ? await SaveAsync(() => users.UpdateAsync(user with { Username = name, UpdatedAt = time.GetUtcNow() }, expectedVersion: user.Version))
            : ChangeOutcome.Conflict;
    }

    /// <summary>The account as this session must see it; null if there is none.</summary>
    public async Task<User?> ShowAsync(UserKey key) => (await users.FindAsync(key)).Value;

    /// <summary>For pages that may be a little old: always answers, from nearby.</summary>
    public async Task<ReadResult<User?>> ShowPublicPageAsync(UserKey key) =>
        await users.FindAsync(key, new ReadOptions { Consistency = ConsistencyLevel.Eventual });

    private static async Task<ChangeOutcome> SaveAsync(Func<Task<WriteResult>> write)
    {
        try
        {
            await write();
            return ChangeOutcome.Saved;
        }
        catch (ConflictException)
        {
            return ChangeOutcome.Conflict;
        }
        catch (AmbiguousWriteException)
        {
            return ChangeOutcome.Unclear;
        }
        catch (SessionHistoryLostException)
        {
            return ChangeOutcome.EarlierChangeLost;
        }
    }
}

namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Fact]
    public async Task Nulls_where_something_is_needed_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>(() => Users.FindManyAsync(null!).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => EnumerateAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Users.InsertAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Users.UpdateAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Users.UpsertAsync(null!));
    }

    [Fact]
    public async Task Territories_that_no_shard_holds_are_refused()
    {
        foreach (var territory in new[] { Nowhere, default })
        {
            var user = NewUser(NewKey(territory));
            await Assert.ThrowsAsync<ArgumentException>(() => Users.FindAsync(user.Key).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => Users.FindManyAsync([NewKey(Home), user.Key]).AsTask());
            await Assert.ThrowsAsync<ArgumentException>(() => EnumerateAsync(Query.All<User>().In(territory)));
            await Assert.ThrowsAsync<ArgumentException>(() => Users.InsertAsync(user));
            await Assert.ThrowsAsync<ArgumentException>(() => Users.UpdateAsync(user));
            await Assert.ThrowsAsync<ArgumentException>(() => Users.UpsertAsync(user));
            await Assert.ThrowsAsync<ArgumentException>(() => Users.DeleteAsync(user.Key));
        }
    }

    [Fact]
    public async Task Read_options_out_of_range_are_refused()
    {
        foreach (var options in new[]
        {
            new ReadOptions { Timeout = TimeSpan.Zero },
            new ReadOptions { Timeout = TimeSpan.FromHours(2) },
            new ReadOptions { MaxStaleness = TimeSpan.FromTicks(-1) },
            new ReadOptions { MaxStaleness = TimeSpan.FromDays(8) },
            new ReadOptions { Consistency = (ConsistencyLevel)99 },
        })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.FindAsync(NewKey(Home), options).AsTask());
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.FindManyAsync([NewKey(Home)], options).AsTask());
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => EnumerateAsync(Marked(NewMark()), options));
        }
    }

    [Fact]
    public async Task Write_options_and_versions_out_of_range_are_refused()
    {
        var user = NewUser();
        foreach (var options in new[]
        {
            new WriteOptions { Timeout = TimeSpan.Zero },
            new WriteOptions { Timeout = TimeSpan.FromHours(2) },
            new WriteOptions { Durability = (WriteDurability)99 },
        })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.InsertAsync(user, options));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.UpdateAsync(user, options: options));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.UpsertAsync(user, options));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.DeleteAsync(user.Key, options: options));
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.UpdateAsync(user, expectedVersion: 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.DeleteAsync(user.Key, expectedVersion: -1));
        Assert.Null(await ReadAsync(user.Key));
    }

    [Fact]
    public async Task What_was_cancelled_before_it_began_does_nothing()
    {
        var user = NewUser();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.FindAsync(user.Key, cancellationToken: cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.FindManyAsync([user.Key], cancellationToken: cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EnumerateAsync(Marked(NewMark()), cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.InsertAsync(user, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.UpdateAsync(user, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.UpsertAsync(user, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Users.DeleteAsync(user.Key, cancellationToken: cancelled));
        Assert.Null(await ReadAsync(user.Key));
    }

    private async Task EnumerateAsync(Query<User> query, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        await foreach (var _ in Users.QueryAsync(query, options, cancellationToken))
        {
        }
    }
}

namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Theory]
    [InlineData(1, 7, 7)]
    [InlineData(3, 7, 3)]
    [InlineData(7, 7, 1)]
    [InlineData(10_000, 7, 1)]
    [InlineData(5, 0, 0)]
    public async Task Many_rows_are_inserted_in_batches(int size, int rows, int batches)
    {
        var random = new RandomSamples(size);
        var room = NewRoom();
        var samples = Enumerable.Range(0, rows).Select(_ => random.Next(Home, room)).ToArray();

        var result = await Samples.InsertManyAsync(samples, new BulkOptions { BatchSize = size });

        Assert.Equal((rows, batches), (result.Rows, result.Batches));
        Assert.Equal(rows == 0, result.Reached == WriteDurability.Unspecified);
        AssertSame(samples, await AllAsync(InRoom(room)));
    }

    [Fact]
    public async Task Every_value_comes_back_as_it_was_whichever_way_it_went_in()
    {
        var random = new RandomSamples(99);
        var room = NewRoom();
        var samples = Enumerable.Range(0, 120).Select(_ => random.Next(Home, room)).ToArray();
        foreach (var sample in samples.Take(40))
        {
            await Samples.InsertAsync(sample);
        }

        foreach (var sample in samples.Skip(40).Take(40))
        {
            await Samples.UpsertAsync(sample);
        }

        await Samples.InsertManyAsync(samples.Skip(80));

        AssertSame(samples, await AllAsync(InRoom(room)));
    }

    [Fact]
    public async Task Json_texts_and_nulls_are_inserted_in_bulk_as_one_by_one()
    {
        var users = SampleValues.Texts.Cast<object[]>().Select(static row => (string)row[0]).Select(text => NewUser() with
        {
            Username = text.Length % 3 == 0 ? null : text + NewMark(),
            Profile = text.Length % 2 == 0 ? null : Json("""{"a":[1,"\u00e9",null]}"""),
            LastActive = text.Length % 2 == 0 ? Noon.ToOffset(TimeSpan.FromHours(3)) : null,
        }).ToArray();

        await Users.InsertManyAsync(users);

        var found = (await Users.FindManyAsync([.. users.Select(static user => user.Key)])).Value;
        Assert.All(users, user => AssertSame(user with { Version = 1 }, found.Single(other => other.Key == user.Key)));
    }

    [Fact]
    public async Task Rows_of_one_stream_go_to_the_shard_of_each()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 20)
            .Select(i => new Sample { Key = new SampleKey(i % 3 == 0 ? Abroad : i % 3 == 1 ? Neighbour : Home, room, Guid.NewGuid()), Rank = i }).ToArray();

        var result = await Samples.InsertManyAsync(StreamAsync(samples), new BulkOptions { BatchSize = 4 });

        Assert.Equal(20, result.Rows);
        var found = (await Samples.FindManyAsync([.. samples.Select(static sample => sample.Key)])).Value;
        Assert.Equal(samples.Select(static sample => (sample.Key, sample.Rank)).ToHashSet(), found.Select(static sample => (sample.Key, sample.Rank)).ToHashSet());
    }

    [Fact]
    public async Task A_batch_that_conflicts_is_not_in_and_those_before_it_are()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 10).Select(i => NewSample(room) with { Rank = i }).ToArray();
        samples[7] = samples[1];

        var failed = await Assert.ThrowsAsync<BulkInsertException>(() => Samples.InsertManyAsync(samples, new BulkOptions { BatchSize = 3 }));

        Assert.Equal((6L, 2, 3, WriteDisposition.NotApplied), (failed.AppliedRows, failed.AppliedBatches, failed.FailedRows, failed.Disposition));
        var conflict = Assert.IsType<ConflictException>(failed.InnerException);
        Assert.Equal((ConflictKind.AlreadyExists, "samples_pkey"), (conflict.Kind, conflict.Constraint));
        Assert.Equal([0, 1, 2, 3, 4, 5], (await AllAsync(InRoom(room).OrderBy(SampleMap.Column("rank")))).Select(static sample => sample.Rank));
    }

    [Fact]
    public async Task A_row_that_contradicts_another_of_its_batch_takes_the_batch_with_it()
    {
        var (one, other) = (NewUser(), NewUser());
        other = other with { Email = one.Email };

        var failed = await Assert.ThrowsAsync<BulkInsertException>(() => Users.InsertManyAsync([one, other]));

        Assert.Equal("users_email_key", Assert.IsType<ConflictException>(failed.InnerException).Constraint);
        Assert.Equal(0, failed.AppliedRows);
        Assert.Null(await ReadAsync(one.Key));
    }

    [Fact]
    public async Task A_value_that_can_not_be_stored_takes_its_batch_with_it_and_harms_nothing_else()
    {
        foreach (var text in new[] { "a\0", "\ud800", new string('x', 256) })
        {
            var good = NewUser();
            var failed = await Assert.ThrowsAsync<BulkInsertException>(() => Users.InsertManyAsync([good, NewUser() with { Email = text }]));

            Assert.Equal(WriteDisposition.NotApplied, failed.Disposition);
            Assert.StartsWith("22", Assert.IsType<StoreFailureException>(failed.InnerException).Code, StringComparison.Ordinal);
            Assert.Null(await ReadAsync(good.Key));
            Assert.Equal(1, (await Users.InsertManyAsync([good])).Rows);
        }
    }

    [Fact]
    public async Task The_same_insert_sent_again_under_its_key_is_applied_once()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 10).Select(i => NewSample(room) with { Rank = i }).ToArray();
        var once = new BulkOptions { BatchSize = 4, IdempotencyKey = NewMark() };

        var cut = await Assert.ThrowsAsync<InvalidOperationException>(() => Samples.InsertManyAsync(BrokenAsync(samples, 9), once));
        Assert.Equal("The source broke.", cut.Message);
        Assert.Equal(8, (await AllAsync(InRoom(room))).Count);
        Assert.Equal(10, (await Samples.InsertManyAsync(samples, once)).Rows);
        Assert.Equal(10, (await Samples.InsertManyAsync(samples, once)).Rows);

        Assert.Equal(10, (await AllAsync(InRoom(room))).Count);
        var other = await Assert.ThrowsAsync<BulkInsertException>(() => Samples.InsertManyAsync(samples.Reverse(), once));
        Assert.Equal(ConflictKind.IdempotencyKeyReused, Assert.IsType<ConflictException>(other.InnerException).Kind);
    }

    [Fact]
    public async Task Bulk_options_and_entities_that_make_no_sense_are_refused()
    {
        foreach (var options in new[]
        {
            new BulkOptions { BatchSize = 0 }, new BulkOptions { BatchSize = BulkOptions.MaxBatchSize + 1 }, new BulkOptions { Timeout = TimeSpan.Zero },
            new BulkOptions { Durability = (WriteDurability)99 }, new BulkOptions { IdempotencyKey = "" }, new BulkOptions { IdempotencyKey = new string('x', 129) },
        })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Samples.InsertManyAsync([NewSample(NewRoom())], options));
        }

        await Assert.ThrowsAsync<ArgumentNullException>(() => Samples.InsertManyAsync((IEnumerable<Sample>)null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Samples.InsertManyAsync((IAsyncEnumerable<Sample>)null!));
        await Assert.ThrowsAsync<ArgumentException>(() => Samples.InsertManyAsync([null!]));
        await Assert.ThrowsAsync<ArgumentException>(() => Samples.InsertManyAsync([new Sample { Key = new SampleKey(Nowhere, 1, Guid.NewGuid()) }]));
        var sample = NewSample(NewRoom());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Samples.InsertManyAsync([sample], cancellationToken: new CancellationToken(canceled: true)));
        Assert.False((await Samples.FindAsync(sample.Key)).Found);
    }

    [Fact]
    public async Task A_session_sees_what_it_inserted_in_bulk()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 50).Select(_ => NewSample(room)).ToArray();
        for (var i = 0; i < samples.Length; i += 5)
        {
            await Samples.InsertManyAsync(samples[i..(i + 5)]);
            Assert.Equal(i + 5, (await AllAsync(InRoom(room))).Count);
        }
    }

    private static void AssertSame(IEnumerable<Sample> expected, List<Sample> found)
    {
        var byKey = found.ToDictionary(static sample => sample.Key);
        var count = 0;
        foreach (var sample in expected)
        {
            count++;
            Assert.Empty(RandomSamples.Differences(sample with { Version = 1 }, byKey[sample.Key]));
        }

        Assert.Equal(count, found.Count);
    }

    private static async IAsyncEnumerable<Sample> StreamAsync(IEnumerable<Sample> samples)
    {
        foreach (var sample in samples)
        {
            await Task.Yield();
            yield return sample;
        }
    }

    private static async IAsyncEnumerable<Sample> BrokenAsync(IEnumerable<Sample> samples, int after)
    {
        await foreach (var sample in StreamAsync(samples.Take(after)))
        {
            yield return sample;
        }

        throw new InvalidOperationException("The source broke.");
    }
}

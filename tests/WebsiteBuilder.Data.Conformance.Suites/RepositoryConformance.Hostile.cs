namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Theory]
    [MemberData(nameof(SampleValues.Texts), MemberType = typeof(SampleValues))]
    public async Task Hostile_texts_are_values_in_every_filter_cursor_and_write(string text)
    {
        var room = NewRoom();
        var column = SampleMap.Column<string?>("text");
        var before = NewSample(room) with { Text = "" };
        var hostile = NewSample(room) with { Text = text };
        await Samples.InsertManyAsync([before, hostile]);

        Assert.Equal(hostile.Key, Assert.Single(await AllAsync(InRoom(room).Where(column, Comparison.Equal, text))).Key);
        Assert.Equal(hostile.Key, Assert.Single(await AllAsync(InRoom(room).WhereIn(column, [text]))).Key);
        Assert.Equal(hostile.Key, Assert.Single(await AllAsync(InRoom(room).OrderBy(column).After(before))).Key);
        Assert.Empty(await AllAsync(InRoom(room).OrderBy(column).After(hostile)));
        Assert.Empty(await AllAsync(InRoom(room).OrderBy(column).After(InRoom(room).OrderBy(column).CursorOf(hostile))));
        await Samples.UpdateAsync(hostile with { Text = text + text }, expectedVersion: 1);
        await Samples.UpsertAsync(hostile with { Text = text + "'" + text });
        Assert.Equal(text + "'" + text, (await Samples.FindAsync(hostile.Key)).Value?.Text);
        await Samples.DeleteAsync(hostile.Key, expectedVersion: 3);
        Assert.Equal(before.Key, Assert.Single(await AllAsync(InRoom(room))).Key);
    }

    [Fact]
    public async Task Texts_that_no_store_keeps_are_refused_everywhere_at_once()
    {
        // Not as arguments of a theory: attributes are kept in UTF-8, which has no halves of pairs.
        foreach (var text in new[] { "a\0b", "\ud800", "\udc00 and more", "pair \ud83d\ude00 and half \ud83d" })
        {
            await RefusedEverywhereAsync(text);
        }
    }

    [Fact]
    public async Task A_huge_text_is_only_a_text()
    {
        var sample = NewSample(NewRoom()) with { Text = new string('\u00e9', 2_000_000), Bytes = new byte[1_000_000] };
        await Samples.InsertManyAsync([sample]);

        var found = Assert.Single(await AllAsync(InRoom(sample.Key.Room).Where(SampleMap.Column<string?>("text"), Comparison.Equal, sample.Text)));

        Assert.Empty(RandomSamples.Differences(sample with { Version = 1 }, found));
        await Assert.ThrowsAsync<ArgumentException>(() => Task.FromResult(InRoom(1).OrderBy(SampleMap.Column("text")).CursorOf(found)));
    }

    private async Task RefusedEverywhereAsync(string text)
    {
        var room = NewRoom();
        var column = SampleMap.Column<string?>("text");
        var sample = NewSample(room);
        await Samples.InsertAsync(sample);
        var broken = sample with { Text = text };
        foreach (var call in new Func<Task>[]
        {
            () => Samples.InsertAsync(NewSample(room) with { Text = text }),
            () => Samples.UpdateAsync(broken),
            () => Samples.UpsertAsync(broken),
            () => AllAsync(InRoom(room).Where(column, Comparison.Equal, text)),
            () => AllAsync(InRoom(room).WhereIn(column, ["a", text])),
            () => AllAsync(InRoom(room).OrderBy(column).After(broken)),
        })
        {
            var refused = await Assert.ThrowsAsync<StoreFailureException>(call);
            Assert.Equal(("22021", WriteDisposition.NotApplied, false), (refused.Code, refused.Disposition, refused.IsTransient));
            Assert.DoesNotContain(text, refused.Message, StringComparison.Ordinal);
        }

        Assert.Null((await Samples.FindAsync(sample.Key)).Value?.Text);
        Assert.Equal(1, (await Samples.FindAsync(sample.Key)).Value?.Version);
    }
}

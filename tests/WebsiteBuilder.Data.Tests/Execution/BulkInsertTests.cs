using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>What becomes of batches whose answer is missing, or whose primary is not one any more.</summary>
public sealed class BulkInsertTests : IDisposable
{
    private readonly World _world = new();

    [Theory]
    [InlineData(SimulatedFault.AnswerLost)]
    [InlineData(SimulatedFault.Interrupted)]
    [InlineData(SimulatedFault.Unknown)]
    [InlineData(SimulatedFault.Unreachable)]
    [InlineData(SimulatedFault.WrongRole)]
    public void A_batch_whose_answer_is_lost_is_in_once(SimulatedFault fault)
    {
        var users = _world.Users();
        var all = Enumerable.Range(0, 10).Select(_ => _world.NewUser()).ToArray();
        _world.Us.FailNext(fault, SimulatedOperations.Writes);

        var result = _world.Run(users.InsertManyAsync(all, new BulkOptions { BatchSize = 4 }));

        Assert.Equal((10L, 3), (result.Rows, result.Batches));
        Assert.Equal(10, _world.Run(users.FindManyAsync([.. all.Select(static user => user.Key)]).AsTask()).Value.Count);
        Assert.Equal([4, 4, 2], _world.Us.Log.Records.Where(static record => record.Changes.Count > 0).Select(static record => record.Changes.Count));
    }

    [Fact]
    public void A_batch_that_fails_says_what_is_in_and_nothing_is_sent_after_it()
    {
        var users = _world.Users();
        var all = Enumerable.Range(0, 10).Select(_ => _world.NewUser()).ToArray();
        all[5] = all[4];

        var (failed, _) = _world.Throws<BulkInsertException>(() => users.InsertManyAsync(all, new BulkOptions { BatchSize = 4 }));

        Assert.Equal((4L, 1, 4, WriteDisposition.NotApplied), (failed.AppliedRows, failed.AppliedBatches, failed.FailedRows, failed.Disposition));
        Assert.Equal(2, _world.Us.CountOf(SimulatedOperations.Writes));
        Assert.Equal(4, _world.Run(users.FindManyAsync([.. all.Select(static user => user.Key)]).AsTask()).Value.Count);
    }

    public void Dispose() => _world.Dispose();
}

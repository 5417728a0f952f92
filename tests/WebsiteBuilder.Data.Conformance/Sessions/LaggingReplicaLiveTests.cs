namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>
/// A replica whose lag wasn't known at first contact, or that had lagged for a moment, was left alone until the next regular probe, half a
/// minute later: bounded reads went to the primary, however far it was.
/// </summary>
[Collection(JudgedWorld.Collection)]
public class LaggingReplicaLiveTests(JudgedWorld world)
{
    private static readonly ReadOptions Bounded = new() { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Bounded_reads_of_a_new_process_find_the_local_replica_before_the_next_regular_probe()
    {
        await world.ResetAsync();
        await using var client = world.Connect("sa-east-1");
        var rows = client.OpenSession().Repository<Judged, long>();

        await JudgedWorld.ServesAsync(JudgedWorld.In("sa-east-1", world.Replicas), rows, Bounded);
    }

    [Fact]
    public async Task Bounded_reads_return_to_a_replica_that_caught_up_before_the_next_regular_probe()
    {
        await world.ResetAsync();
        var client = world.Clients[2];
        var replica = JudgedWorld.In("sa-east-1", world.Replicas);
        var rows = client.OpenSession().Repository<Judged, long>();
        await JudgedWorld.ServesAsync(replica, rows, Bounded);
        await replica.PauseReplayAsync();
        await world.Clients[0].OpenSession().Repository<Judged, long>().UpsertAsync(new Judged(1, 1));
        await Eventually.TrueAsync(async () => (await rows.FindAsync(1, Bounded)).Endpoint != replica.Name, because: "the paused replica is left");

        await replica.ResumeReplayAsync();

        await JudgedWorld.ServesAsync(replica, rows, Bounded);
    }
}

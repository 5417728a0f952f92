using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Tests.Sessions;

public class ExposureTests
{
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 1);

    private readonly SessionState _session = new(default);
    private readonly Exposure _exposure = new(Shard, new HistoryId(7), 2);

    [Fact]
    public void What_was_shown_is_unsettled_until_somebody_has_asked_the_node_behind_it()
    {
        Assert.Empty(_session.Unsettled(Shard));
        _session.Exposed(_exposure);
        Assert.Same(_exposure, Assert.Single(_session.Unsettled(Shard)));

        _exposure.SettledUpTo(_exposure.Mark);

        Assert.Empty(_session.Unsettled(Shard));
    }

    [Fact]
    public void An_answer_covers_only_what_was_shown_before_it_was_asked_for()
    {
        _session.Exposed(_exposure);
        var mark = _exposure.Mark;
        _session.Exposed(_exposure);

        _exposure.SettledUpTo(mark);

        Assert.True(_exposure.IsUnsettled);
        _exposure.SettledUpTo(_exposure.Mark);
        _exposure.SettledUpTo(mark);
        Assert.False(_exposure.IsUnsettled);
    }

    [Fact]
    public void An_open_reader_is_never_settled_and_its_end_needs_one_more_answer()
    {
        _exposure.BeginReading();
        _session.Exposed(_exposure);
        _exposure.SettledUpTo(_exposure.Mark);
        Assert.Single(_session.Unsettled(Shard));

        _exposure.EndReading();
        Assert.Single(_session.Unsettled(Shard));
        _exposure.SettledUpTo(_exposure.Mark);

        Assert.Empty(_session.Unsettled(Shard));
    }

    [Fact]
    public void Other_shards_are_left_alone_and_a_settled_connection_can_show_again()
    {
        _session.Exposed(_exposure);
        Assert.Empty(_session.Unsettled(new ShardId(StoreKind.PostgreSql, 2)));
        _exposure.SettledUpTo(_exposure.Mark);
        Assert.Empty(_session.Unsettled(Shard));

        _session.Exposed(_exposure);

        Assert.Single(_session.Unsettled(Shard));
    }
}

namespace WebsiteBuilder.Data.Samples.SimulatedTests;

public sealed class AccountStories : IDisposable
{
    private readonly Deployment _site = new();

    [Fact]
    public void Who_has_just_signed_up_sees_the_account_although_the_replica_nearby_lags()
    {
        _site.Database.In("eu-west-1").ReplicationDelay = TimeSpan.FromSeconds(3);
        _site.Database.In("eu-central-1").ReplicationDelay = TimeSpan.FromSeconds(3);
        var visitor = _site.Visitor();

        Assert.Equal(ChangeOutcome.Saved, _site.Run(() => visitor.SignUpAsync(Deployment.Ada, "ada@example.org")));
        Assert.Equal("ada@example.org", _site.Run(() => visitor.ShowAsync(Deployment.Ada))?.Email);

        // Others don't see it yet: they were promised nothing.
        Assert.False(_site.Run(() => _site.Visitor().ShowPublicPageAsync(Deployment.Ada)).Found);
        _site.Pass(seconds: 4);
        Assert.Equal("eu", _site.Run(() => _site.Visitor().ShowPublicPageAsync(Deployment.Ada)).Endpoint);
    }

    [Fact]
    public void Public_pages_are_served_nearby_while_the_primary_s_region_is_cut_off()
    {
        _site.Run(() => _site.Visitor().SignUpAsync(Deployment.Ada, "ada@example.org"));
        _site.Pass(seconds: 1);

        _site.Network.Isolate("us-east-1");
        _site.Pass(seconds: 60);
        var before = _site.Now;
        var page = _site.Run(() => _site.Visitor().ShowPublicPageAsync(Deployment.Ada));

        Assert.True(page.Found);
        Assert.Equal("eu", page.Endpoint);
        Assert.InRange(page.Age!.Value.TotalSeconds, 60, 62);
        Assert.InRange((_site.Now - before).TotalMilliseconds, 0, 5);
    }

    [Fact]
    public void An_answer_that_is_lost_on_the_way_home_leaves_the_outcome_unclear_and_the_change_stored()
    {
        _site.Network.Cut("us-east-1", "eu-west-1");
        var visitor = _site.Visitor();

        Assert.Equal(ChangeOutcome.Unclear, _site.Run(() => visitor.SignUpAsync(Deployment.Ada, "ada@example.org")));

        _site.Network.Heal();
        _site.Pass(seconds: 10);
        Assert.NotNull(_site.Run(() => _site.Visitor().ShowAsync(Deployment.Ada)));
        Assert.Equal(ChangeOutcome.Conflict, _site.Run(() => visitor.SignUpAsync(Deployment.Ada, "ada@example.org")));
    }

    [Fact]
    public void A_change_that_a_failover_lost_is_reported_to_whoever_made_it()
    {
        var visitor = _site.Visitor();
        _site.Run(() => visitor.SignUpAsync(Deployment.Ada, "ada@example.org"));
        _site.Pass(seconds: 1);
        _site.Network.CutBoth("us-east-1", "eu-central-1");
        _site.Database.In("eu-west-1").StopReceiving();
        Assert.Equal(ChangeOutcome.Saved, _site.Run(() => visitor.RenameAsync(Deployment.Ada, "countess")));

        _site.Database.In("us-east-1").Kill();
        _site.Database.Promote("de");
        _site.Pass(seconds: 10);

        Assert.Throws<SessionHistoryLostException>(() => _site.Run(() => visitor.ShowAsync(Deployment.Ada)));
        Assert.Equal(ChangeOutcome.Saved, _site.Run(() => _site.Visitor().RenameAsync(Deployment.Ada, "countess")));
    }

    [Fact]
    public void With_a_quorum_a_safe_failover_loses_nothing()
    {
        _site.Database.Synchronous(1, "eu", "de");
        var visitor = _site.Visitor();
        _site.Run(() => visitor.SignUpAsync(Deployment.Ada, "ada@example.org"));
        Assert.Equal(ChangeOutcome.Saved, _site.Run(() => visitor.RenameAsync(Deployment.Ada, "countess")));

        _site.Network.Isolate("us-east-1");
        _site.Database.PromoteSafely();

        // Nobody refuses a connection on the far side of a cut: the client has to wait before it may take silence for an answer.
        _site.Pass(seconds: 60);

        Assert.Equal("countess", _site.Run(() => visitor.ShowAsync(Deployment.Ada))?.Username);
        Assert.Equal(ChangeOutcome.Saved, _site.Run(() => visitor.RenameAsync(Deployment.Ada, "ada")));
    }

    [Fact]
    public void Of_two_who_rename_at_once_one_is_told()
    {
        _site.Run(() => _site.Visitor().SignUpAsync(Deployment.Ada, "ada@example.org"));
        _site.Pass(seconds: 1);
        var (one, other) = (_site.Visitor(), _site.Visitor());

        var outcomes = _site.Run(() => Task.WhenAll(one.RenameAsync(Deployment.Ada, "one"), other.RenameAsync(Deployment.Ada, "other")));

        Assert.Equal([ChangeOutcome.Saved, ChangeOutcome.Conflict], outcomes.Order());
    }

    public void Dispose() => _site.Dispose();
}

using Npgsql;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public sealed class PostgresFaultsTests
{
    /// <summary>The driver throws the base class itself when it loses its place in the protocol, and breaks the connection.</summary>
    private static readonly Exception LostItsPlace = (Exception)Activator.CreateInstance(typeof(Exception), "Received unexpected backend message DataRow. Please file a bug.")!;

    [Fact]
    public void What_the_driver_can_not_make_sense_of_is_a_lost_connection()
    {
        Assert.Equal(StoreFaultKind.Interrupted, PostgresFaults.Reading(LostItsPlace, CancellationToken.None).Kind);

        var write = PostgresFaults.Writing(LostItsPlace, afterCommit: false, 0, CancellationToken.None);
        Assert.Equal((StoreFaultKind.Interrupted, WriteDisposition.Ambiguous), (write.Kind, write.Disposition));
    }

    [Fact]
    public void Lost_before_its_commit_it_surely_left_nothing_and_may_be_sent_again()
    {
        using var broken = new NpgsqlConnection();

        var fault = PostgresFaults.BeforeCommit(LostItsPlace, PostgresFaults.IsServersOrLost(LostItsPlace, broken), 0, CancellationToken.None);

        Assert.Equal((StoreFaultKind.Unreachable, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
    }

    [Fact]
    public void What_a_users_map_throws_before_a_commit_says_nothing_of_the_node()
    {
        var fault = PostgresFaults.BeforeCommit(LostItsPlace, isServersOrLost: false, 0, CancellationToken.None);

        Assert.Equal((StoreFaultKind.Unknown, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
    }

    [Fact]
    public void What_a_users_map_throws_is_the_users()
    {
        using var broken = new NpgsqlConnection();

        Assert.True(PostgresFaults.IsDrivers(LostItsPlace, broken));
        Assert.False(PostgresFaults.IsDrivers(new InvalidCastException(), broken));
        Assert.False(PostgresFaults.IsDrivers(new InvalidOperationException(), broken));
    }
}

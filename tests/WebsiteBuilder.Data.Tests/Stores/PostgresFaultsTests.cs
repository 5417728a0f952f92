using System.Net.Sockets;
using Npgsql;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class PostgresFaultsTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Theory]
    [InlineData("WB002", StoreFaultKind.WrongRole)]
    [InlineData("25006", StoreFaultKind.WrongRole)]
    [InlineData("23505", StoreFaultKind.Conflict)]
    [InlineData("23503", StoreFaultKind.Conflict)]
    [InlineData("23514", StoreFaultKind.Conflict)]
    [InlineData("40001", StoreFaultKind.Conflict)]
    [InlineData("40P01", StoreFaultKind.Conflict)]
    [InlineData("53100", StoreFaultKind.Throttled)]
    [InlineData("53200", StoreFaultKind.Throttled)]
    [InlineData("53300", StoreFaultKind.Throttled)]
    [InlineData("55P03", StoreFaultKind.Throttled)]
    [InlineData("57014", StoreFaultKind.Timeout)]
    [InlineData("58030", StoreFaultKind.Unknown)]
    [InlineData("XX000", StoreFaultKind.Unknown)]
    [InlineData("XX001", StoreFaultKind.Unknown)]
    [InlineData("22001", StoreFaultKind.Rejected)]
    [InlineData("25P02", StoreFaultKind.Rejected)]
    [InlineData("42501", StoreFaultKind.Rejected)]
    [InlineData("42P01", StoreFaultKind.Rejected)]
    [InlineData("P0001", StoreFaultKind.Rejected)]
    [InlineData("0A000", StoreFaultKind.Rejected)]
    public void An_error_of_the_server_before_the_commit_means_not_applied_and_behind_it_applied(string code, object kind)
    {
        var before = PostgresFaults.Writing(Error(code), afterCommit: false, 0, default);
        var behind = PostgresFaults.Writing(Error(code), afterCommit: true, 0, default);

        Assert.Equal((kind, WriteDisposition.NotApplied, code), (before.Kind, before.Disposition, before.Code));
        Assert.Equal((kind, WriteDisposition.Applied, code), (behind.Kind, behind.Disposition, behind.Code));
    }

    [Theory]
    [InlineData("57P01")]
    [InlineData("57P02")]
    [InlineData("57P03")]
    [InlineData("57P05")]
    [InlineData("08000")]
    [InlineData("08003")]
    [InlineData("08006")]
    [InlineData("08007")]
    [InlineData("08P01")]
    public void A_server_that_goes_away_leaves_the_outcome_open_wherever_it_was(string code)
    {
        foreach (var afterCommit in new[] { false, true })
        {
            var fault = PostgresFaults.Writing(Error(code), afterCommit, 0, default);
            Assert.Equal((StoreFaultKind.Interrupted, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
            Assert.True(fault.BlamesNode);
        }
    }

    [Fact]
    public void A_pooler_that_lost_the_server_during_the_commit_was_taken_for_a_rollback()
    {
        var fault = PostgresFaults.Writing(Error("40003"), afterCommit: false, 0, default);

        Assert.Equal((StoreFaultKind.Interrupted, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
    }

    [Theory]
    [InlineData("23505")]
    [InlineData("42601")]
    [InlineData("WB002")]
    public void An_error_that_can_t_be_placed_in_the_batch_is_ambiguous(string code) =>
        Assert.Equal(WriteDisposition.Ambiguous, PostgresFaults.Writing(Error(code, placed: false), afterCommit: false, 0, default).Disposition);

    [Fact]
    public void Everything_that_isn_t_an_answer_of_the_server_is_ambiguous()
    {
        (Exception Thrown, CancellationToken Token, StoreFaultKind Kind)[] cases =
        [
            (new NpgsqlException("gone", new IOException()), default, StoreFaultKind.Interrupted),
            (new NpgsqlException("late", new TimeoutException()), default, StoreFaultKind.Interrupted),
            (new OperationCanceledException(), Cancelled, StoreFaultKind.Cancelled),
            (new OperationCanceledException(), default, StoreFaultKind.Unknown),
            (new IOException(), default, StoreFaultKind.Unknown),
            (new ObjectDisposedException("connection"), default, StoreFaultKind.Unknown),
            (new InvalidOperationException(), default, StoreFaultKind.Unknown),
        ];
        foreach (var (thrown, token, kind) in cases)
        {
            var fault = PostgresFaults.Writing(thrown, afterCommit: false, 0, token);
            Assert.Equal((kind, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
            Assert.Same(thrown, fault.InnerException);
        }
    }

    [Theory]
    [InlineData("23505", ConflictKind.AlreadyExists)]
    [InlineData("23503", ConflictKind.Constraint)]
    [InlineData("23502", ConflictKind.Constraint)]
    [InlineData("40001", ConflictKind.Serialization)]
    [InlineData("40P01", ConflictKind.Serialization)]
    [InlineData("42601", ConflictKind.Unspecified)]
    public void Conflicts_say_which(string code, ConflictKind conflict) =>
        Assert.Equal(conflict, PostgresFaults.Writing(Error(code), afterCommit: false, 0, default).Conflict);

    [Theory]
    [InlineData("53300", StoreFaultKind.Throttled)]
    [InlineData("53200", StoreFaultKind.Throttled)]
    [InlineData("28P01", StoreFaultKind.Unreachable)]
    [InlineData("28000", StoreFaultKind.Unreachable)]
    [InlineData("3D000", StoreFaultKind.Unreachable)]
    [InlineData("57P03", StoreFaultKind.Unreachable)]
    [InlineData("57P01", StoreFaultKind.Unreachable)]
    [InlineData("XX000", StoreFaultKind.Unreachable)]
    public void While_connecting_nothing_was_sent(string code, object kind)
    {
        var fault = PostgresFaults.Connecting(Error(code), default);

        Assert.Equal((kind, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
    }

    [Fact]
    public void Whatever_goes_wrong_while_connecting_nothing_was_sent()
    {
        (Exception Thrown, CancellationToken Token, StoreFaultKind Kind)[] cases =
        [
            (new OperationCanceledException(), Cancelled, StoreFaultKind.Cancelled),
            (new OperationCanceledException(), default, StoreFaultKind.Unreachable),
            (new NpgsqlException("The connection pool has been exhausted", new TimeoutException()), default, StoreFaultKind.Throttled),
            (new NpgsqlException("Failed to connect", new SocketException()), default, StoreFaultKind.Unreachable),
            (new NpgsqlException("Exception while connecting", new TimeoutException()), default, StoreFaultKind.Unreachable),
            (new NpgsqlException("pool", new TimeoutException("", new SocketException())), default, StoreFaultKind.Unreachable),
            (new InvalidOperationException(), default, StoreFaultKind.Unreachable),
        ];
        foreach (var (thrown, token, kind) in cases)
        {
            var fault = PostgresFaults.Connecting(thrown, token);
            Assert.Equal((kind, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
        }
    }

    [Theory]
    [InlineData("40001", StoreFaultKind.Throttled, false)]
    [InlineData("40P01", StoreFaultKind.Throttled, false)]
    [InlineData("57014", StoreFaultKind.Timeout, false)]
    [InlineData("57P01", StoreFaultKind.Interrupted, true)]
    [InlineData("25006", StoreFaultKind.WrongRole, false)]
    [InlineData("42P01", StoreFaultKind.Rejected, false)]
    [InlineData("XX002", StoreFaultKind.Unknown, true)]
    [InlineData("53200", StoreFaultKind.Throttled, false)]
    public void A_read_that_fails_blames_the_node_only_if_it_is_its_fault(string code, object kind, bool blames)
    {
        var fault = PostgresFaults.Reading(Error(code), default);

        Assert.Equal(kind, fault.Kind);
        Assert.Equal(blames, fault.BlamesNode);
    }

    [Fact]
    public void A_read_that_its_caller_cancelled_blames_nobody()
    {
        Assert.False(PostgresFaults.Reading(new OperationCanceledException(), Cancelled).BlamesNode);
        Assert.False(PostgresFaults.Reading(Error("57014"), Cancelled).BlamesNode);
    }

    [Fact]
    public void Messages_quote_nothing_of_the_servers()
    {
        var fault = PostgresFaults.Writing(Error("23505"), afterCommit: false, 0, default);

        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server login has been failing, try again later (server_login_retry)", StoreFaultKind.Unreachable, true)]
    [InlineData("server login failed: FATAL the database system is starting up", StoreFaultKind.Unreachable, true)]
    [InlineData("pgbouncer cannot connect to server", StoreFaultKind.Unreachable, true)]
    [InlineData("query_wait_timeout", StoreFaultKind.Throttled, false)]
    [InlineData("no more connections allowed (max_client_conn)", StoreFaultKind.Throttled, false)]
    public void A_pooler_that_has_no_server_for_a_client_has_passed_nothing_on(string text, object kind, bool blames)
    {
        var error = Error("08P01", placed: false, text);

        var write = PostgresFaults.Writing(error, afterCommit: false, 0, default);
        var read = PostgresFaults.Reading(error, default);

        Assert.Equal((kind, WriteDisposition.NotApplied, blames), (write.Kind, write.Disposition, write.BlamesNode));
        Assert.Equal((kind, blames), (read.Kind, read.BlamesNode));
    }

    [Fact]
    public void A_pooler_whose_server_connection_breaks_leaves_the_outcome_open() =>
        Assert.Equal(WriteDisposition.Ambiguous, PostgresFaults.Writing(Error("08P01", placed: false, "server conn crashed?"), afterCommit: false, 0, default).Disposition);

    [Theory]
    [InlineData("26000")]
    [InlineData("42P05")]
    public void A_prepared_statement_that_is_somebody_elses_says_what_to_set(string code)
    {
        foreach (var fault in new[] { PostgresFaults.Reading(Error(code), default), PostgresFaults.Writing(Error(code), afterCommit: false, 0, default) })
        {
            Assert.Equal((StoreFaultKind.Rejected, code), (fault.Kind, fault.Code));
            Assert.Contains("set its Pooler to Transaction", fault.InnerException!.Message, StringComparison.Ordinal);
            Assert.IsType<PostgresException>(fault.InnerException.InnerException);
        }
    }

    private static PostgresException Error(string code, bool placed = true, string text = "secret value")
    {
        var error = new PostgresException(text, "ERROR", "ERROR", code);
        if (placed)
        {
            // The driver sets it; there is no public way. The platform has a property of that name, too.
            typeof(NpgsqlException).GetProperty(nameof(NpgsqlException.BatchCommand), typeof(NpgsqlBatchCommand))!.SetValue(error, new NpgsqlBatchCommand("SELECT 1"));
        }

        return error;
    }
}

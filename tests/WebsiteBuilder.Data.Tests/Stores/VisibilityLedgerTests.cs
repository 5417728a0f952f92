using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class VisibilityLedgerTests
{
    private static readonly HistoryId History = new(1), Next = new(2);

    private readonly VisibilityLedger _ledger = new();

    [Fact]
    public void Nothing_is_proven_at_first() => Assert.Equal(0UL, _ledger.Mark().ProvenOn(History));

    [Fact]
    public void With_nobody_committing_a_flushed_position_is_visible()
    {
        Assert.Equal(100UL, Prove(100, [], "10:10:"));
        Assert.Equal(100UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_hung_committer_keeps_a_position_unproven_and_finishing_proves_it()
    {
        Assert.Equal(0UL, Prove(100, [10], "10:11:10"));
        Assert.Equal(0UL, Prove(100, [10], "10:12:10"));
        Assert.Equal(100UL, Prove(100, [], "11:12:"));
        Assert.Equal(100UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_hung_committer_keeps_only_what_came_after_it_unproven()
    {
        Prove(100, [], "10:10:");

        Assert.Equal(100UL, Prove(120, [10], "10:11:10"));
    }

    [Fact]
    public void A_transaction_that_began_after_the_flush_keeps_nothing_unproven() =>
        Assert.Equal(100UL, Prove(100, [], "10:12:10,11"));

    [Fact]
    public void A_transaction_that_took_its_id_behind_the_snapshot_counts_as_in_progress() =>
        Assert.Equal(0UL, Prove(100, [15], "10:12:"));

    [Fact]
    public void A_transaction_seen_idle_holds_no_commit() =>
        Assert.Equal(100UL, Prove(100, [10], "10:11:10", idle: [10]));

    [Fact]
    public void A_transaction_seen_idle_later_leaves_earlier_proofs_too()
    {
        Prove(100, [10], "10:11:10");

        // 11 hangs now, so only the earlier position is proven.
        Assert.Equal(100UL, Prove(120, [10, 11], "10:12:10,11", idle: [10]));
    }

    [Fact]
    public void A_transaction_that_was_idle_before_the_flush_and_commits_now_was_let_go_by_a_late_answer()
    {
        // Two batches: the first saw 10 idle at 100; then 10 commits at 120 and hangs, which the second sees. The first answers last.
        var first = _ledger.Mark();
        var second = _ledger.Mark();
        _ledger.Prove(second, History, new VisibilityProof(120, [10], [], "10:11:10"));
        _ledger.Prove(first, History, new VisibilityProof(100, [10], [10], "10:11:10"));

        Assert.Equal(100UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_read_that_looked_before_a_commit_showed_was_credited_with_a_proof_made_after()
    {
        var early = _ledger.Mark();
        Assert.Equal(120UL, Prove(120, [], "11:11:"));

        Assert.Equal(0UL, early.ProvenOn(History));
        Assert.Equal(0UL, _ledger.Prove(early, History, new VisibilityProof(120, [10], [], "10:11:10")));
        Assert.Equal(120UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_late_answer_does_not_use_a_proof_that_was_opened_after_it_looked()
    {
        // 10 has committed at 100, 9 is idle: that is what the early read sees. Then 10 shows, 9 commits and hangs, and another read opens
        // a proof of 100 that only 9 keeps open. The early answer lets 9 go, rightly; but its own rows lack what 10 wrote.
        var early = _ledger.Mark();
        Prove(100, [9], "9:11:9");

        Assert.Equal(0UL, _ledger.Prove(early, History, new VisibilityProof(100, [9, 10], [9], "9:11:9,10")));
        Assert.Equal(100UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_later_snapshot_closes_an_earlier_proof_for_its_own_read()
    {
        Prove(100, [10], "10:11:10");

        Assert.Equal(100UL, Prove(120, [11], "11:12:11"));
    }

    [Fact]
    public void A_later_proof_may_be_closed_before_an_earlier_one()
    {
        var late = _ledger.Mark();
        Prove(120, [], "11:11:");

        // An answer from before: its position is proven anyhow, and stays so.
        Assert.Equal(0UL, _ledger.Prove(late, History, new VisibilityProof(100, [10], [], "10:11:10")));
        Assert.Equal(120UL, _ledger.Mark().ProvenOn(History));
    }

    [Fact]
    public void A_new_history_starts_with_nothing_proven()
    {
        Prove(100, [], "10:10:");

        Assert.Equal(0UL, _ledger.Mark().ProvenOn(Next));
        Assert.Equal(0UL, _ledger.Prove(_ledger.Mark(), Next, new VisibilityProof(90, [10], [], "10:11:10")));
        Assert.Equal(0UL, _ledger.Mark().ProvenOn(History));
        Assert.Equal(90UL, _ledger.Prove(_ledger.Mark(), Next, new VisibilityProof(90, [], [], "11:11:")));
    }

    [Fact]
    public void Ids_wrap_around()
    {
        // 2^32 + 5 in a snapshot is 5 in a lock. 4294967290 came before it.
        Assert.Equal(0UL, Prove(100, [5], "4294967301:4294967302:4294967301"));
        Assert.Equal(0UL, Prove(100, [7], "4294967301:4294967302:4294967301"));
        Assert.Equal(100UL, Prove(100, [4_294_967_290], "4294967301:4294967302:4294967301"));
        Assert.Equal(0UL, _ledger.Prove(default, Next, new VisibilityProof(100, [3], [], "4294967290:4294967290:")));
    }

    [Fact]
    public void Proofs_that_never_close_are_bounded()
    {
        for (var i = 0u; i < 1_000; i++)
        {
            Prove(100 + i, [10], "10:11:10");
        }

        Assert.Equal(0UL, _ledger.Mark().ProvenOn(History));

        // The oldest are forgotten, which proves less and never more.
        Assert.Equal(1_099UL, Prove(1_099, [], "11:11:"));
    }

    /// <summary>Against a model: transactions commit at positions and become visible later; answers are shuffled. What a read is credited with, it showed.</summary>
    [Fact]
    public void Whatever_the_order_of_answers_a_read_shows_what_it_is_credited_with()
    {
        var random = new Random(20_261_121);
        var credited = 0;
        for (var round = 0; round < 300; round++)
        {
            var ledger = new VisibilityLedger();
            var server = new Server(random);
            var underway = new List<(VisibilityMark Sent, VisibilityProof Proof, ulong Shown)>();
            for (var step = 0; step < 80; step++)
            {
                switch (random.Next(4))
                {
                    case 0 or 1:
                        server.Move();
                        break;
                    case 2:
                        underway.Add(server.Look(ledger.Mark()));
                        break;
                    case 3 when underway.Count > 0:
                        var (sent, proof, shown) = underway[random.Next(underway.Count)];
                        underway.Remove((sent, proof, shown));
                        var covered = ledger.Prove(sent, History, proof);
                        Assert.True(covered <= shown, $"round {round}: credited with {covered}, shows all up to {shown}");
                        credited += covered > 0 ? 1 : 0;
                        break;
                }
            }
        }

        Assert.True(credited > 1_000, $"Only {credited} reads were credited with anything.");
    }

    private ulong Prove(ulong position, uint[] holders, string snapshot, uint[]? idle = null) =>
        _ledger.Prove(_ledger.Mark(), History, new VisibilityProof(position, holders, idle ?? [], snapshot));

    /// <summary>A primary in few words. A transaction begins, idles, commits (is flushed) and is visible at last.</summary>
    private sealed class Server(Random random)
    {
        private readonly List<Transaction> _running = [];
        private uint _next = 10;
        private ulong _flushed = 8;

        public void Move()
        {
            var one = _running.Count == 0 ? null : _running[random.Next(_running.Count)];
            switch (random.Next(3))
            {
                case 0 when _running.Count < 4:
                    _running.Add(new Transaction(_next++));
                    break;
                case 1 when one is { Commit: 0 }:
                    one.Commit = _flushed += 8;
                    break;
                case 2 when one is { Commit: > 0 }:
                    _running.Remove(one);
                    break;
            }
        }

        /// <summary>A proof whose statements others come between, and up to where the read behind it shows everything.</summary>
        public (VisibilityMark Sent, VisibilityProof Proof, ulong Shown) Look(VisibilityMark sent)
        {
            var position = _flushed;
            MaybeMove();
            uint[] holders = [.. _running.Select(static one => one.Id)];
            MaybeMove();
            uint[] idle = [.. _running.Where(static one => one.Commit == 0).Select(static one => one.Id)];
            MaybeMove();
            var running = string.Join(',', _running.Select(static one => one.Id));
            var snapshot = $"{_running.Select(static one => one.Id).DefaultIfEmpty(_next).Min()}:{_next}:{running}";
            var hidden = _running.Where(static one => one.Commit > 0).Select(static one => one.Commit).DefaultIfEmpty(ulong.MaxValue).Min();
            return (sent, new VisibilityProof(position, holders, idle, snapshot), hidden == ulong.MaxValue ? ulong.MaxValue : hidden - 1);
        }

        private void MaybeMove()
        {
            for (var moves = random.Next(3); moves > 0; moves--)
            {
                Move();
            }
        }

        private sealed class Transaction(uint id)
        {
            public uint Id { get; } = id;

            public ulong Commit { get; set; }
        }
    }
}

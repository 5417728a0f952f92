using Microsoft.EntityFrameworkCore;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>EF Core with Npgsql's provider: <c>options.UseNpgsql(dataSource)</c>, one context for each intent.</summary>
[Collection(SqlTier.Collection)]
public class SqlEntityFrameworkTests(SqlTier tier)
{
    private static readonly Func<NotesContext, long, Task<NoteRow?>> Find =
        EF.CompileAsyncQuery((NotesContext context, long id) => context.Notes.FirstOrDefault(note => note.Id == id));

    [Fact]
    public async Task SaveChanges_inserts_updates_and_deletes_and_the_session_reads_it_everywhere()
    {
        var session = tier.Client.OpenSession();
        var (one, two) = (tier.NewId(), tier.NewId());
        await tier.Replica.PauseReplayAsync();
        try
        {
            await using (var writing = Writing(session))
            {
                writing.Notes.AddRange(new NoteRow { Id = one, Text = "one" }, new NoteRow { Id = two, Text = "two" });
                Assert.Equal(2, await writing.SaveChangesAsync());
                var tracked = await writing.Notes.SingleAsync(note => note.Id == one);
                tracked.Text = "changed";
                writing.Remove(await writing.Notes.SingleAsync(note => note.Id == two));
                Assert.Equal(2, await writing.SaveChangesAsync());
                Assert.Equal(1, tracked.Version);
            }

            await using var reading = Reading(session);
            Assert.Equal("changed", (await reading.Notes.AsNoTracking().SingleAsync(note => note.Id == one)).Text);
            Assert.Null(await Find(reading, two));
            Assert.Equal("changed", (await session.Repository<Note, long>().FindAsync(one)).Value!.Text);
            Assert.False((await session.Repository<Note, long>().FindAsync(two)).Found);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task A_single_row_is_saved_without_a_transaction_and_advances_the_session_all_the_same()
    {
        var (session, id) = await tier.WithRowAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await using var writing = Writing(session);
            (await writing.Notes.SingleAsync(note => note.Id == id)).Text = "alone";
            await writing.SaveChangesAsync();

            var other = tier.Client.OpenSession(session.Token);
            Assert.Equal("alone", (await other.Repository<Note, long>().FindAsync(id)).Value!.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Explicit_transactions_with_savepoints_commit_and_roll_back()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var writing = Writing(session);
        await using (var transaction = await writing.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead))
        {
            (await writing.Notes.SingleAsync(note => note.Id == id)).Text = "kept";
            await writing.SaveChangesAsync();
            await transaction.CreateSavepointAsync("before");
            await writing.Database.ExecuteSqlAsync($"UPDATE notes SET text = 'undone' WHERE id = {id}");
            await transaction.RollbackToSavepointAsync("before");
            writing.Notes.Add(new NoteRow { Id = id, Text = "twice" }.Detach(writing));
            var twice = await Assert.ThrowsAsync<DbUpdateException>(() => writing.SaveChangesAsync());
            Assert.Equal(PostgresErrorCodes.UniqueViolation, Assert.IsType<PostgresException>(twice.InnerException).SqlState);
            await transaction.CommitAsync();
        }

        await using (var transaction = await writing.Database.BeginTransactionAsync())
        {
            await writing.Notes.Where(note => note.Id == id).ExecuteUpdateAsync(set => set.SetProperty(note => note.Text, "rolled back"));
        }

        await using var reading = Reading(session);
        Assert.Equal("kept", (await Find(reading, id))!.Text);
    }

    [Fact]
    public async Task A_context_on_a_reading_data_source_tracks_streams_and_refuses_to_save()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var reading = Reading(session);
        var ids = new List<long> { id };
        await foreach (var note in reading.Notes.Where(note => ids.Contains(note.Id)).AsAsyncEnumerable())
        {
            Assert.Equal("old", (await session.Repository<Note, long>().FindAsync(note.Id)).Value!.Text);
            note.Text = "no";
        }

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => reading.SaveChangesAsync());

        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
    }

    [Fact]
    public void The_blocking_half_works_too()
    {
        var session = tier.Client.OpenSession();
        using var writing = Writing(session);
        var id = tier.NewId();
        writing.Notes.Add(new NoteRow { Id = id, Text = "blocking" });
        writing.SaveChanges();
        using var transaction = writing.Database.BeginTransaction();
        writing.Notes.Single(note => note.Id == id).Text = "again";
        writing.SaveChanges();
        transaction.Commit();

        using var reading = Reading(session);
        Assert.Equal("again", reading.Notes.Single(note => note.Id == id).Text);
    }

    private static NotesContext Reading(IDataSession session) => new(new DbContextOptionsBuilder<NotesContext>().UseNpgsql(SqlTier.Reading(session)).Options);

    private static NotesContext Writing(IDataSession session) => new(new DbContextOptionsBuilder<NotesContext>().UseNpgsql(SqlTier.Writing(session)).Options);
}

internal sealed class NotesContext(DbContextOptions<NotesContext> options) : DbContext(options)
{
    public DbSet<NoteRow> Notes => Set<NoteRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<NoteRow>(static note =>
    {
        note.ToTable("notes");
        note.Property(static row => row.Id).HasColumnName("id").ValueGeneratedNever();
        note.Property(static row => row.Text).HasColumnName("text");
        note.Property(static row => row.Version).HasColumnName("version").HasDefaultValueSql("1").ValueGeneratedOnAdd();
    });
}

internal sealed class NoteRow
{
    public long Id { get; set; }

    public string Text { get; set; } = "";

    public long Version { get; set; }

    /// <summary>Makes the context forget the row with this key, so that this one can be added.</summary>
    public NoteRow Detach(NotesContext context)
    {
        context.ChangeTracker.Clear();
        return this;
    }
}

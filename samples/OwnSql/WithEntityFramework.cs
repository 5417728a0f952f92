using Microsoft.EntityFrameworkCore;

namespace WebsiteBuilder.Data.Samples.OwnSql;

/// <summary>
/// Npgsql's provider over a routed data source: a context for each intent, with the provider's own retries off, since they would repeat what is ambiguous. In a web application
/// register both with <c>AddDbContext</c>, over the scope's session.
/// </summary>
internal static class WithEntityFramework
{
    public static async Task<Seen> RunAsync(IDataSession session, UserKey key, string status)
    {
        RegionId writtenAt;
        await using (var writing = new AccountsContext(Seen.Open(session, key, OperationIntent.Write)))
        {
            await using var transaction = await writing.Database.BeginTransactionAsync();
            writtenAt = ((RoutedConnection)writing.Database.GetDbConnection()).Region;
            var account = await writing.Accounts.SingleAsync(account => account.Id == key.Id);
            account.Status = status;
            await writing.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        await using var reading = new AccountsContext(Seen.Open(session, key, OperationIntent.Read));
        await reading.Database.OpenConnectionAsync();
        var connection = (RoutedConnection)reading.Database.GetDbConnection();
        var found = await reading.Accounts.AsNoTracking().SingleAsync(account => account.Id == key.Id);
        return new Seen(found.Status, writtenAt, connection.Region, connection.Source);
    }

    private sealed class Account
    {
        public Guid Id { get; init; }

        public required string Status { get; set; }
    }

    private sealed class AccountsContext(RoutedDataSource source) : DbContext
    {
        public DbSet<Account> Accounts => Set<Account>();

        protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseNpgsql(source);

        protected override void OnModelCreating(ModelBuilder model) => model.Entity<Account>(static account =>
        {
            account.ToTable("users");
            account.Property(static row => row.Id).HasColumnName("id");
            account.Property(static row => row.Status).HasColumnName("status");
        });
    }
}

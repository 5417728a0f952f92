using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>Entity Framework Core as fast as it goes: a compiled query without tracking, contexts from a pool.</summary>
internal static class EfCoreReads
{
    private static readonly Func<ItemContext, long, CancellationToken, Task<ItemRow?>> Find = EF.CompileAsyncQuery(
        static (ItemContext context, long id, CancellationToken cancellationToken) =>
            context.Items.AsNoTracking().SingleOrDefault(item => item.Id == id));

    public static Contender Reads(NpgsqlDataSource source, int workers, CancellationToken cancellationToken)
    {
        var options = new DbContextOptionsBuilder<ItemContext>().UseNpgsql(source).Options;
        var contexts = new PooledDbContextFactory<ItemContext>(options);
        return new Contender(
            "EF Core",
            workers,
            worker =>
            {
                var keys = new Keys(worker);
                return async () =>
                {
                    await using var context = await contexts.CreateDbContextAsync(cancellationToken);
                    return await Find(context, keys.Next(), cancellationToken) is { Body.Length: > 0 }
                        ? 1
                        : throw new InvalidOperationException("A row is missing.");
                };
            },
            source);
    }

    private sealed class ItemContext(DbContextOptions<ItemContext> options) : DbContext(options)
    {
        public DbSet<ItemRow> Items => Set<ItemRow>();

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            var item = modelBuilder.Entity<ItemRow>().ToTable("item");
            item.HasKey(static row => row.Id);
            item.Property(static row => row.Id).HasColumnName("id");
            item.Property(static row => row.Name).HasColumnName("name");
            item.Property(static row => row.Body).HasColumnName("body");
            item.Property(static row => row.Version).HasColumnName("version");
        }
    }

    private sealed class ItemRow
    {
        public long Id { get; set; }

        public string Name { get; set; } = "";

        public string Body { get; set; } = "";

        public long Version { get; set; }
    }
}

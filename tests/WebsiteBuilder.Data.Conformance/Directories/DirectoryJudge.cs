using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Directories;

/// <summary>
/// What must hold over the directory and all territories at any time that nobody is at work, read from the servers themselves. It knows tables and numbers, and nothing of the code that it judges.
/// </summary>
internal static class DirectoryJudge
{
    private const int Confirmed = 2;
    private const int Held = 1;

    private sealed record Entry(int Kind, int KeyId, string Hash, Guid Claim, string Territory, Guid Owner, int State);

    private sealed record Claim(Guid Id, Guid Owner, int Kind, int State, string Territory);

    private sealed record Place(Guid Id, string Email, string Territory);

    private sealed record Journey(Guid Id, string Destination, int State, string Territory);

    /// <param name="tier">The servers.</param>
    /// <param name="settled">Whether nothing was broken off, so that directory and territories must agree in full.</param>
    public static async Task JudgeAsync(DirectoryTier tier, bool settled)
    {
        var entries = await RowsAsync(
            tier.Primary(DirectoryTier.Global),
            "SELECT kind, key_id, hash, claim, territory, owner_id, state FROM wbd.directory_entry",
            static row => new Entry(row.GetInt16(0), row.GetInt16(1), row.GetString(2), row.GetGuid(3), row.GetString(4), row.GetGuid(5), row.GetInt16(6)));
        var claims = new List<Claim>();
        var users = new List<Place>();
        var journeys = new List<Journey>();
        var pending = 0L;
        foreach (var territory in new[] { DirectoryTier.America, DirectoryTier.Europe })
        {
            var name = territory.ToString();
            var node = tier.Primary(territory);
            claims.AddRange(await RowsAsync(
                node, "SELECT claim, owner_id, kind, state FROM wbd.directory_claim", row => new Claim(row.GetGuid(0), row.GetGuid(1), row.GetInt16(2), row.GetInt16(3), name)));
            users.AddRange(await RowsAsync(node, "SELECT id, email FROM users", row => new Place(row.GetGuid(0), row.GetString(1), name)));
            journeys.AddRange(await RowsAsync(node, "SELECT id, destination, state FROM wbd.forwarding", row => new Journey(row.GetGuid(0), row.GetString(1), row.GetInt16(2), name)));
            pending += await Sql.ScalarAsync<long>(node.DirectConnectionString(), "SELECT count(*) FROM wbd.arrival WHERE state = 1");
        }

        // One owner: whatever is held is held once, and users' addresses are stored once.
        AssertDistinct(claims.Where(static claim => claim.State == Held).Select(static claim => claim.Id));
        AssertDistinct(users.Select(static user => user.Email.ToUpperInvariant()));
        AssertDistinct(users.Select(static user => user.Id));
        AssertDistinct(claims.Where(static claim => claim is { State: Held, Kind: 1 }).Select(static claim => claim.Owner));

        // Every claim that is held is in the directory, for its owner, and nothing else of that name is.
        var entriesOf = entries.ToLookup(static entry => entry.Claim);
        foreach (var held in claims.Where(static claim => claim.State == Held))
        {
            Assert.NotEmpty(entriesOf[held.Id]);
            Assert.All(entriesOf[held.Id], entry => Assert.Equal((held.Owner, held.Kind), (entry.Owner, entry.Kind)));
        }

        // Every user has an address in the directory.
        var holders = claims.Where(static claim => claim is { State: Held, Kind: 1 }).Select(static claim => (claim.Owner, claim.Territory)).ToHashSet();
        Assert.All(users, user => Assert.Contains((user.Id, user.Territory), holders));

        // Who has left isn't here.
        Assert.Empty(journeys.Where(static journey => journey.State == 2).Select(static journey => (journey.Id, journey.Territory)).Intersect(users.Select(static user => (user.Id, user.Territory))));
        if (!settled)
        {
            return;
        }

        Assert.Equal(0, pending);
        Assert.DoesNotContain(journeys, static journey => journey.State == 1);
        Assert.All(entries, entry =>
        {
            var claim = Assert.Single(claims, claim => claim.Id == entry.Claim && claim.State == Held);
            Assert.Equal((entry.Territory, Confirmed), (claim.Territory, entry.State));
        });
        var places = users.Select(static user => (user.Id, user.Territory)).ToHashSet();
        Assert.All(holders, holder => Assert.Contains(holder, places));
    }

    /// <summary>Whether nothing of a text is in the files of a table or index.</summary>
    public static async Task<bool> IsAbsentAsync(LocalNode node, string text, string relation)
    {
        var database = new NpgsqlConnectionStringBuilder(node.DirectConnectionString()).Database;
        var admin = new NpgsqlConnectionStringBuilder(node.AdminConnectionString()) { Database = database }.ConnectionString;
        await Sql.ExecuteAsync(admin, "CHECKPOINT");
        var path = await Sql.ScalarAsync<string>(admin, $"SELECT current_setting('data_directory') || '/' || pg_relation_filepath('{relation}')");
        return (await File.ReadAllBytesAsync(path!)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) < 0;
    }

    private static void AssertDistinct<T>(IEnumerable<T> values) => Assert.DoesNotContain(values.GroupBy(static value => value), static group => group.Count() > 1);

    private static async Task<List<T>> RowsAsync<T>(LocalNode node, string sql, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        await using var connection = await Sql.OpenAsync(node.DirectConnectionString());
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}

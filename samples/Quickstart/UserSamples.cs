using System.Text.Json;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Users to play with.</summary>
internal static class UserSamples
{
    private static readonly JsonElement Profile = JsonDocument.Parse("""{"theme":"dark","locale":"en"}""").RootElement;

    public static User New(Territory territory, TimeProvider time)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var now = time.GetUtcNow();
        return new User
        {
            Key = new UserKey(territory, id),
            Email = $"{id:n}@example.test",
            Profile = Profile,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    /// <summary>The user as they were, seen now.</summary>
    public static User SeenNow(this User user, TimeProvider time) => user with { LastActive = time.GetUtcNow(), UpdatedAt = time.GetUtcNow() };

    public static IRepository<User, UserKey> Users(this IDataSession session) => session.Repository<User, UserKey>();
}

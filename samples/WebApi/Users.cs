using Microsoft.AspNetCore.Http.HttpResults;

namespace WebsiteBuilder.Data.Samples.WebApi;

/// <summary>Who wants an account.</summary>
internal sealed record NewUser(string Email);

/// <summary>Where a new account was stored.</summary>
internal sealed record Stored(string Region, WriteDurability Reached);

/// <summary>An account, and what the answer says of itself.</summary>
internal sealed record UserView(string Email, long Version, string Region, string? Endpoint, double? AgeMs, string Why);

/// <summary>Two routes over the repository of the request's session.</summary>
internal static class Users
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/{territory}/users/{id:guid}", StoreAsync);
        routes.MapGet("/{territory}/users/{id:guid}", ShowAsync);
    }

    private static async Task<Created<Stored>> StoreAsync(
        Territory territory, Guid id, NewUser user, IRepository<User, UserKey> users, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var write = await users.UpsertAsync(
            new User { Key = new UserKey(territory, id), Email = user.Email, CreatedAt = now, UpdatedAt = now }, cancellationToken: cancellationToken);
        return TypedResults.Created($"/{territory}/users/{id}", new Stored(write.Region.ToString(), write.Reached));
    }

    private static async Task<Results<Ok<UserView>, NotFound>> ShowAsync(
        Territory territory, Guid id, ConsistencyLevel? level, IRepository<User, UserKey> users, CancellationToken cancellationToken)
    {
        var read = await users.FindAsync(new UserKey(territory, id), new ReadOptions { Consistency = level }, cancellationToken);
        return read.Value is { } user
            ? TypedResults.Ok(new UserView(
                user.Email, user.Version, read.Region.ToString(), read.Endpoint, read.Age?.TotalMilliseconds, read.Reason.ToString()))
            : TypedResults.NotFound();
    }
}

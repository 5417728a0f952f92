namespace WebsiteBuilder.Data;

/// <summary>Whom a name belongs to.</summary>
/// <param name="Territory">Where the owner is at home.</param>
/// <param name="Id">Which one, such as <see cref="UserKey.Id"/>.</param>
public readonly record struct DirectoryOwner(Territory Territory, Guid Id);

/// <summary>What the directory knows of a name.</summary>
/// <param name="Owner">
/// Whom it belongs to. May have been deleted, or have moved on, a moment ago; <see cref="IAccountDirectory.FindByEmailAsync"/> and its like look.
/// </param>
/// <param name="Confirmed">Whether the claim is known to be complete. Otherwise the owner may not be stored yet, or never be.</param>
public sealed record DirectoryMatch(DirectoryOwner Owner, bool Confirmed);

/// <summary>A name that was claimed.</summary>
/// <param name="Write">The unit of work in the owner's territory; the default value if there was nothing to do, because an earlier call had done it.</param>
/// <param name="Confirmed">
/// Whether the directory has been told that the claim is complete. If not, it didn't answer; the name belongs to its owner all the same, and whoever meets the claim next completes it.
/// </param>
public readonly record struct DirectoryClaim(WriteResult Write, bool Confirmed);

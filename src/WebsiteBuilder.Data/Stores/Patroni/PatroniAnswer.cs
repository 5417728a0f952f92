using System.Text.Json;

namespace WebsiteBuilder.Data.Stores.Patroni;

/// <summary>Reads what Patroni answers to <c>GET /cluster</c>. Whatever the bytes are, it comes to a view or to null. Pure.</summary>
internal static class PatroniAnswer
{
    /// <summary>A member of the largest shard takes some 300 bytes; tags may be more.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Names are those of hosts, usually. Longer ones are nobody's.</summary>
    private const int MaxText = 255;

    public static EngineView? Read(ReadOnlyMemory<byte> answer)
    {
        if (answer.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(answer);
            return View(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second one is how texts with half a surrogate are refused, by whoever touches them.
            return null;
        }
    }

    private static EngineView? View(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("members", out var members) || members.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        JsonElement? leader = null;
        foreach (var member in members.EnumerateArray())
        {
            if (member.ValueKind == JsonValueKind.Object && Text(member, "role") is "leader" or "master" or "primary")
            {
                if (leader is not null)
                {
                    return null;
                }

                leader = member;
            }
        }

        var isPaused = answer.TryGetProperty("pause", out var pause) && pause.ValueKind == JsonValueKind.True;
        var switchover = answer.TryGetProperty("scheduled_switchover", out var scheduled) && scheduled.ValueKind == JsonValueKind.Object ? Text(scheduled, "at") : null;
        return leader is not { } found ? new EngineView(null, null, 0, isPaused, switchover)
            : Text(found, "name") is { Length: > 0 } name ? new EngineView(name, Address(found), Timeline(found), isPaused, switchover)
            : null;
    }

    private static long Timeline(JsonElement member) =>
        member.TryGetProperty("timeline", out var timeline) && timeline.ValueKind == JsonValueKind.Number && timeline.TryGetInt64(out var number) ? number : 0;

    private static string? Address(JsonElement member) =>
        Uri.TryCreate(Text(member, "api_url"), UriKind.Absolute, out var address) && !string.IsNullOrEmpty(address.Host) ? $"{address.Host}:{address.Port}" : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= MaxText } text ? text : null;
}

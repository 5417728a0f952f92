namespace WebsiteBuilder.Data;

/// <summary>Ordered, immutable lists of floors: one per shard and history.</summary>
internal static class SessionFloors
{
    /// <summary>The most floors that one token holds. A session that spreads wider keeps its promise in memory and refuses to be written down.</summary>
    public const int Max = 1_024;

    public static SessionFloor[] Merge(SessionFloor[] left, SessionFloor[] right) => MergeAlike(left, right) ?? MergeAny(left, right);

    public static SessionFloor[] With(SessionFloor[] floors, SessionFloor added)
    {
        for (var i = 0; i < floors.Length; i++)
        {
            var order = floors[i].CompareKey(added);
            if (order == 0)
            {
                var replaced = (SessionFloor[])floors.Clone();
                replaced[i] = added;
                return replaced;
            }

            if (order > 0)
            {
                return [.. floors.AsSpan(0, i), added, .. floors.AsSpan(i)];
            }
        }

        return [.. floors, added];
    }

    /// <summary>Tokens that meet mostly know the same shards, and then the size of the result is known. Null if these don't.</summary>
    private static SessionFloor[]? MergeAlike(SessionFloor[] left, SessionFloor[] right)
    {
        if (left.Length != right.Length)
        {
            return null;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (left[i].CompareKey(right[i]) != 0)
            {
                return null;
            }
        }

        var merged = new SessionFloor[left.Length];
        for (var i = 0; i < merged.Length; i++)
        {
            merged[i] = left[i].Merge(right[i]);
        }

        return merged;
    }

    private static SessionFloor[] MergeAny(SessionFloor[] left, SessionFloor[] right)
    {
        var merged = new List<SessionFloor>(Math.Max(left.Length, right.Length));
        int l = 0, r = 0;
        while (l < left.Length && r < right.Length)
        {
            switch (left[l].CompareKey(right[r]))
            {
                case < 0:
                    merged.Add(left[l++]);
                    break;
                case > 0:
                    merged.Add(right[r++]);
                    break;
                default:
                    merged.Add(left[l++].Merge(right[r++]));
                    break;
            }
        }

        merged.AddRange(left.AsSpan(l));
        merged.AddRange(right.AsSpan(r));
        return [.. merged];
    }
}

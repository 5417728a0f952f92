namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Which of a cluster's 16,384 hash slots a key is in (CRC16 of the hash tag, as the cluster specification has it).</summary>
internal static class RedisSlots
{
    public const int Count = 16_384;

    /// <summary>No key: any node will do.</summary>
    public const int Any = -1;

    /// <summary>Keys of several slots.</summary>
    public const int Several = -2;

    private static readonly ushort[] Table = MakeTable();

    public static int Of(in RedisCommand command)
    {
        var slot = Any;
        for (var at = 0; at < command.ArgumentCount; at++)
        {
            var argument = command[at];
            if (!argument.IsKey)
            {
                continue;
            }

            var its = Of(argument);
            if (slot >= 0 && its != slot)
            {
                return Several;
            }

            slot = its;
        }

        return slot;
    }

    /// <summary>
    /// Where a command goes. One without keys can go anywhere, but always to the same place for the same first argument: messages to a topic
    /// keep their order.
    /// </summary>
    public static int PlaceOf(in RedisCommand command)
    {
        var slot = Of(command);
        return slot == Any && command.ArgumentCount > 0 ? Of(command[0]) : slot;
    }

    public static int Of(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open >= 0)
        {
            // An empty tag is none.
            var length = key[(open + 1)..].IndexOf((byte)'}');
            key = length > 0 ? key.Slice(open + 1, length) : key;
        }

        uint crc = 0;
        foreach (var one in key)
        {
            crc = ((crc << 8) & 0xFFFF) ^ Table[((crc >> 8) ^ one) & 0xFF];
        }

        return (int)(crc % Count);
    }

    private static int Of(RedisArgument key)
    {
        const int OnStack = 256;
        var count = key.ByteCount;
        var bytes = count <= OnStack ? stackalloc byte[OnStack] : new byte[count];
        return Of(bytes[..key.CopyTo(bytes)]);
    }

    private static ushort[] MakeTable()
    {
        const int Polynomial = 0x1021;
        var table = new ushort[256];
        for (var at = 0; at < table.Length; at++)
        {
            var crc = at << 8;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
            }

            table[at] = (ushort)crc;
        }

        return table;
    }
}

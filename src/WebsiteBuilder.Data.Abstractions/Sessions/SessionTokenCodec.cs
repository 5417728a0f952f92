using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace WebsiteBuilder.Data;

/// <summary>
/// The wire format of a token, version 1, before base64url: version byte; number of floors (varint); then per floor, in order of shard
/// and history: shard step and shape (varint), history (4 bytes), floor, distance of the read floor, remembered writes.
/// Numbers are LEB128 variable-length integers.
/// </summary>
internal static partial class SessionTokenCodec
{
    public const byte Version = 1;

    // What the documentation of SessionToken promises.
    private const int ShortTextLength = 256;
    private const int ShortTextFloors = 16;
    private const int LongTextLength = 1_024;
    private const int LongTextFloors = 64;

    // Head, history and floor take a byte, four bytes and a byte at least.
    private const int ShortestFloor = 6;

    // Shape bits of a floor. Log records end at multiples of eight, which nearly always saves three bits.
    private const uint Eighths = 1;
    private const uint ReadFloorGiven = 2;
    private const uint ReadFloorEqual = 4;
    private const uint HasWrites = 8;
    private const int ShapeBits = 4;

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static string Write(SessionToken token)
    {
        if (token.IsEmpty)
        {
            return "";
        }

        if (token.Seal is ReadSignature read)
        {
            return Base64Url.EncodeToString(read.Envelope);
        }

        var bytes = Shorten(token.Floors);
        var text = Base64Url.EncodeToString(token.Seal is SessionTokenSigner signer ? SessionTokenEnvelope.Seal(bytes, signer) : bytes);
        return text.Length <= SessionToken.MaxTextLength ? text : throw TooWide();
    }

    /// <summary>Reads a token, or says what is wrong with the text.</summary>
    public static string? TryRead(ReadOnlySpan<char> text, out SessionToken token)
    {
        token = default;
        if (text.IsEmpty)
        {
            return null;
        }

        if (text.Length > SessionToken.MaxTextLength)
        {
            return $"it is longer than {SessionToken.MaxTextLength} characters";
        }

        var rented = ArrayPool<byte>.Shared.Rent(Base64Url.GetMaxDecodedLength(text.Length));
        try
        {
            // The decoder alone would let padding and white space pass. Its Try method throws on malformed text.
            if (text.ContainsAnyExcept(Letters)
                || Base64Url.DecodeFromChars(text, rented, out _, out var length) != OperationStatus.Done)
            {
                return "it isn't base64url";
            }

            return Read(rented.AsSpan(0, length), out token);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static string? Read(ReadOnlySpan<byte> bytes, out SessionToken token)
    {
        token = default;
        var isSigned = bytes[0] == SessionTokenEnvelope.Version;
        var content = isSigned ? SessionTokenEnvelope.Content(bytes) : bytes;
        if (content.IsEmpty)
        {
            return "its signature is cut off or names no key";
        }

        var problem = Decode(content, out var floors);
        if (problem is null)
        {
            token = new SessionToken(floors, isSigned ? new ReadSignature(bytes.ToArray()) : SessionTokenSeal.Unchecked);
        }

        return problem;
    }

    /// <summary>The bytes of a token, made stricter where its text would be longer than promised. A signature comes on top of that.</summary>
    private static ReadOnlySpan<byte> Shorten(ReadOnlySpan<SessionFloor> floors)
    {
        var bytes = floors.Length <= SessionFloors.Max ? Encode(floors) : throw TooWide();
        if (Base64Url.GetEncodedLength(bytes.Length) > LongTextLength && AnyWrites(floors))
        {
            floors = Fold(floors, static floor => floor.WithoutWrites());
            bytes = Encode(floors);
        }

        return Base64Url.GetEncodedLength(bytes.Length) > PromisedLength(floors) ? Encode(Fold(floors, Shortened)) : bytes;
    }

    private static InvalidOperationException TooWide() =>
        new($"The session has touched too many shards and histories; its token would exceed {SessionFloors.Max} entries or {SessionToken.MaxTextLength} characters.");

    private static bool AnyWrites(ReadOnlySpan<SessionFloor> floors)
    {
        foreach (var floor in floors)
        {
            if (floor.Writes.Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static int PromisedLength(ReadOnlySpan<SessionFloor> floors) => floors.Length switch
    {
        <= ShortTextFloors when !AnyWrites(floors) => ShortTextLength,
        <= LongTextFloors => LongTextLength,
        _ => SessionToken.MaxTextLength,
    };

    private static SessionFloor[] Fold(ReadOnlySpan<SessionFloor> floors, Func<SessionFloor, SessionFloor> fold)
    {
        var folded = new SessionFloor[floors.Length];
        for (var i = 0; i < folded.Length; i++)
        {
            folded[i] = fold(floors[i]);
        }

        return folded;
    }

    // Stricter and shorter: a distance costs more bytes than a read floor that equals the floor, and PostgreSQL's log records start and
    // end at multiples of eight, so no node has the position between two of them without having the next.
    private static SessionFloor Shortened(SessionFloor floor)
    {
        var next = floor.Floor;
        if (floor.Shard.Store == StoreKind.PostgreSql && next <= ulong.MaxValue - 7)
        {
            next = (next + 7) / 8 * 8;
        }

        return floor.WithFloors(next, floor.ReadFloor == 0 ? 0 : next);
    }

    private static ReadOnlySpan<byte> Encode(ReadOnlySpan<SessionFloor> floors)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Byte(buffer, Version);
        Number(buffer, (ulong)floors.Length);
        var previous = 0u;
        foreach (var floor in floors)
        {
            var code = Code(floor.Shard);
            WriteFloor(buffer, floor, code - previous);
            previous = code;
        }

        return buffer.WrittenSpan;
    }

    private static void WriteFloor(ArrayBufferWriter<byte> buffer, SessionFloor floor, uint step)
    {
        var eighths = floor.Floor % 8 == 0 && floor.Shard.Store != StoreKind.MongoDb;
        var shape = (eighths ? Eighths : 0)
            | (floor.ReadFloor == floor.Floor ? ReadFloorEqual : floor.ReadFloor > 0 ? ReadFloorGiven : 0)
            | (floor.Writes.Length > 0 ? HasWrites : 0);
        Number(buffer, (step << ShapeBits) | shape);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), floor.History.Value);
        buffer.Advance(4);
        if (floor.Shard.Store == StoreKind.MongoDb)
        {
            // An operation time is seconds and a counter; apart they are short.
            Number(buffer, floor.Floor >> 32);
            Number(buffer, floor.Floor & uint.MaxValue);
        }
        else
        {
            Number(buffer, eighths ? floor.Floor / 8 : floor.Floor);
        }

        if ((shape & ReadFloorGiven) != 0)
        {
            Number(buffer, floor.Floor - floor.ReadFloor);
        }

        if ((shape & HasWrites) != 0)
        {
            Number(buffer, (ulong)floor.Writes.Length);
            foreach (var write in floor.Writes)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(4), write.KeyHash);
                buffer.Advance(4);
                Number(buffer, write.Position - floor.Floor);
            }
        }
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, out SessionFloor[] floors)
    {
        floors = [];
        if (bytes[0] != Version)
        {
            return $"its version is {bytes[0]}, and this library reads versions {Version} and {SessionTokenEnvelope.Version}";
        }

        var reader = new Reader(bytes[1..]);
        if (!reader.Number(out var count) || count is 0 or > SessionFloors.Max)
        {
            return "its number of entries is out of range";
        }

        if ((int)count > reader.Length / ShortestFloor)
        {
            return "an entry is cut off or out of range";
        }

        var read = new SessionFloor[count];
        var code = 0u;
        for (var i = 0; i < read.Length; i++)
        {
            if (reader.Floor(ref code) is not { } floor)
            {
                return "an entry is cut off or out of range";
            }

            if (i > 0 && read[i - 1].CompareKey(floor) >= 0)
            {
                return "its entries are out of order";
            }

            read[i] = floor;
        }

        if (reader.Length > 0)
        {
            return "something follows its last entry";
        }

        floors = read;
        return null;
    }

    // Store first, as in the order of shards, but numbers of the first store stay small.
    private static uint Code(ShardId shard) => ((uint)(shard.Store - StoreKind.PostgreSql) * (ShardId.MaxNumber + 1)) + (uint)shard.Number;

    private static void Byte(ArrayBufferWriter<byte> buffer, byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    private static void Number(ArrayBufferWriter<byte> buffer, ulong value)
    {
        while (value >= 0x80)
        {
            Byte(buffer, (byte)(value | 0x80));
            value >>= 7;
        }

        Byte(buffer, (byte)value);
    }
}

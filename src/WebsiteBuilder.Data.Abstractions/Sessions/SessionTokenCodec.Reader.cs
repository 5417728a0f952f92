using System.Buffers.Binary;

namespace WebsiteBuilder.Data;

internal static partial class SessionTokenCodec
{
    /// <summary>Takes numbers and floors off the front of a token's bytes; refuses what <see cref="Write"/> would have spelled otherwise.</summary>
    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public readonly int Length => _rest.Length;

        public bool Number(out ulong value)
        {
            value = 0;
            for (var i = 0; i < _rest.Length && i < 10; i++)
            {
                var bits = (ulong)(_rest[i] & 0x7F);
                if (i == 9 && bits > 1)
                {
                    return false;
                }

                value |= bits << (7 * i);
                if (_rest[i] < 0x80)
                {
                    // One number has one spelling.
                    var shortest = i == 0 || _rest[i] != 0;
                    _rest = _rest[(i + 1)..];
                    return shortest;
                }
            }

            return false;
        }

        public SessionFloor? Floor(ref uint code)
        {
            if (!Number(out var head) || !Fixed(out var history) || history == 0)
            {
                return null;
            }

            var next = code + (head >> ShapeBits);
            if (next > Code(new ShardId(StoreKind.Redis, ShardId.MaxNumber)))
            {
                return null;
            }

            code = (uint)next;
            var shard = new ShardId(StoreKind.PostgreSql + (int)(code / (ShardId.MaxNumber + 1)), (int)(code % (ShardId.MaxNumber + 1)));
            var shape = (uint)head & ((1 << ShapeBits) - 1);
            if (!Position(shard, (shape & Eighths) != 0, out var floor)
                || !ReadFloor(shape, floor, out var readFloor)
                || !Writes((shape & HasWrites) != 0, floor, out var writes))
            {
                return null;
            }

            return new SessionFloor(shard, new HistoryId(history), floor, readFloor, writes);
        }

        private bool Fixed(out uint value)
        {
            var there = BinaryPrimitives.TryReadUInt32LittleEndian(_rest, out value);
            _rest = there ? _rest[4..] : _rest;
            return there;
        }

        private bool Position(ShardId shard, bool eighths, out ulong position)
        {
            if (!Number(out position))
            {
                return false;
            }

            if (shard.Store == StoreKind.MongoDb)
            {
                if (eighths || position > uint.MaxValue || !Number(out var counter) || counter > uint.MaxValue)
                {
                    return false;
                }

                position = (position << 32) | counter;
                return true;
            }

            if (eighths)
            {
                if (position > ulong.MaxValue / 8)
                {
                    return false;
                }

                position *= 8;
                return true;
            }

            return position % 8 != 0;
        }

        private bool ReadFloor(uint shape, ulong floor, out ulong readFloor)
        {
            readFloor = (shape & ReadFloorEqual) != 0 ? floor : 0;
            if ((shape & ReadFloorGiven) == 0)
            {
                // A read floor of zero under a floor of zero is spelled as equal.
                return (shape & ReadFloorEqual) != 0 || floor > 0;
            }

            if ((shape & ReadFloorEqual) != 0 || !Number(out var distance) || distance == 0 || distance >= floor)
            {
                return false;
            }

            readFloor = floor - distance;
            return true;
        }

        private bool Writes(bool given, ulong floor, out KeyWrite[]? writes)
        {
            writes = null;
            if (!given)
            {
                return true;
            }

            if (!Number(out var count) || count is 0 or > SessionFloor.MaxWrites)
            {
                return false;
            }

            writes = new KeyWrite[count];
            for (var i = 0; i < writes.Length; i++)
            {
                if (!Fixed(out var hash) || !Number(out var distance) || distance == 0 || distance > ulong.MaxValue - floor
                    || (i > 0 && writes[i - 1].KeyHash >= hash))
                {
                    return false;
                }

                writes[i] = new KeyWrite(hash, floor + distance);
            }

            return true;
        }
    }
}

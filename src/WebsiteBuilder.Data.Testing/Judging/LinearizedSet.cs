using System.Numerics;

namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Which operations a search has placed. Those of known outcome come first, in the order of their invocation, so that all but a short window
/// behind a full prefix is empty: a configuration is remembered by that window alone.
/// </summary>
internal sealed class LinearizedSet(int known, int unknown)
{
    private readonly ulong[] _known = new ulong[(known / 64) + 1];
    private readonly ulong[] _unknown = new ulong[(unknown + 63) / 64];
    private int _start;
    private int _end;

    public bool Contains(int operation) => operation < known
        ? (_known[operation / 64] & Bit(operation)) != 0
        : (_unknown[(operation - known) / 64] & Bit(operation - known)) != 0;

    public void Add(int operation)
    {
        if (operation >= known)
        {
            _unknown[(operation - known) / 64] |= Bit(operation - known);
            return;
        }

        _known[operation / 64] |= Bit(operation);
        _end = Math.Max(_end, (operation / 64) + 1);
        while (_known[_start] == ulong.MaxValue)
        {
            _start++;
        }
    }

    public void Remove(int operation)
    {
        if (operation >= known)
        {
            _unknown[(operation - known) / 64] &= ~Bit(operation - known);
            return;
        }

        _known[operation / 64] &= ~Bit(operation);
        _start = Math.Min(_start, operation / 64);
        while (_end > 0 && _known[_end - 1] == 0)
        {
            _end--;
        }
    }

    /// <summary>Equal for equal sets, and only for them.</summary>
    public ulong[] Key()
    {
        var window = Math.Max(_end - _start, 0);
        var last = _unknown.Length;
        while (last > 0 && _unknown[last - 1] == 0)
        {
            last--;
        }

        var key = new ulong[1 + window + last];
        key[0] = ((ulong)_start << 32) | (uint)window;
        Array.Copy(_known, _start, key, 1, window);
        Array.Copy(_unknown, 0, key, 1 + window, last);
        return key;
    }

    public static int Hash(ulong[] key)
    {
        var hash = 0UL;
        foreach (var word in key)
        {
            // The golden ratio, as in Fibonacci hashing.
            hash = (BitOperations.RotateLeft(hash, 5) ^ word) * 0x9E3779B97F4A7C15;
        }

        return (int)(hash >> 32);
    }

    private static ulong Bit(int index) => 1UL << (index % 64);
}

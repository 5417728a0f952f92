using System.Globalization;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Where a cluster's node says that a slot is: <c>MOVED 3999 127.0.0.1:6381</c>.</summary>
internal readonly record struct RedisRedirect(bool IsAsk, int Slot, RedisEndpoint To)
{
    public static bool TryParse(string error, RedisEndpoint teller, out RedisRedirect redirect)
    {
        redirect = default;
        var words = error.Split(' ');
        if (words is not [("MOVED" or "ASK") and var word, var slot, var place]
            || !int.TryParse(slot, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= RedisSlots.Count
            || !RedisEndpoint.TryParse(place, out var to))
        {
            return false;
        }

        redirect = new RedisRedirect(word == "ASK", number, to.Host.Length == 0 || to.Host == "?" ? teller with { Port = to.Port } : to);
        return true;
    }
}

namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>Keys as applications choose them: few are hot (Zipf with exponent 0.99, as in YCSB).</summary>
internal sealed class KeyChoice
{
    private readonly double[] _upTo;

    public KeyChoice(int keys)
    {
        _upTo = new double[keys];
        var sum = 0.0;
        for (var i = 0; i < keys; i++)
        {
            _upTo[i] = sum += 1 / Math.Pow(i + 1, 0.99);
        }
    }

    public int Next(Draw draw)
    {
        var drawn = draw.Share() * _upTo[^1];
        var index = Array.BinarySearch(_upTo, drawn);
        return Math.Min(index < 0 ? ~index : index, _upTo.Length - 1);
    }
}

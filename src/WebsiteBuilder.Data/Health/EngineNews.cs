using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Health;

/// <summary>What follows from one look at what an engine says.</summary>
/// <param name="IsNews">It says something else than before.</param>
/// <param name="Disagrees">It names another leader than the node that this client writes at.</param>
/// <param name="IsToBeSaid">It did so at the look before, too, and nobody was told of that yet.</param>
internal readonly record struct EngineVerdict(bool IsNews, bool Disagrees, bool IsToBeSaid);

/// <summary>
/// Compares what an engine says with what it said before, and with whom the client takes for the primary. Every promotion is a disagreement for a moment, because an engine has a new leader
/// before that one is promoted, and a client finds it later still: so only one that is there twice in a row is worth telling. Pure. Guarded by its owner.
/// </summary>
internal sealed class EngineNews
{
    /// <summary>The engine's leader is none of the configured endpoints.</summary>
    public const int Stranger = -1;

    private EngineView? _last;
    private (int Leader, int Primary)? _disagreement;
    private bool _isSaid;

    /// <param name="view">What the engine says.</param>
    /// <param name="leader">The endpoint that it names, or <see cref="Stranger"/>; means nothing if it names nobody.</param>
    /// <param name="primary">The endpoint that takes writes in this client's sight, less than 0 if none does.</param>
    public EngineVerdict Look(EngineView view, int leader, int primary)
    {
        var isNews = _last is not null && _last != view;
        _last = view;
        if (view.Leader is null || primary < 0 || leader == primary)
        {
            // Without a leader there may be a primary all the same: an engine that has lost its store may be set up to go on.
            (_disagreement, _isSaid) = (null, false);
            return new EngineVerdict(isNews, Disagrees: false, IsToBeSaid: false);
        }

        if (_disagreement != (leader, primary))
        {
            (_disagreement, _isSaid) = ((leader, primary), false);
            return new EngineVerdict(isNews, Disagrees: true, IsToBeSaid: false);
        }

        var isToBeSaid = !_isSaid;
        _isSaid = true;
        return new EngineVerdict(isNews, Disagrees: true, isToBeSaid);
    }
}

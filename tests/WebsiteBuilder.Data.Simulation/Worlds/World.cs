using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>One kind of world: which nodes there are, what applications do, what goes wrong. Judges are the same for all.</summary>
internal abstract class World
{
    protected const string Virginia = "us-east-1";
    protected const string Ireland = "eu-west-1";
    protected const string Mumbai = "ap-south-1";
    protected const string Oregon = "us-west-2";

    public virtual string Name => GetType().Name;

    /// <summary>The regions, each with one client process, and the places that network faults choose from.</summary>
    public virtual IReadOnlyList<string> Regions => [Virginia, Ireland, Mumbai];

    public virtual Workload Workload { get; } = new();

    /// <summary>How often each kind of fault befalls the world, in a run.</summary>
    public abstract IReadOnlyList<(FaultKind Kind, int Times)> Faults { get; }

    /// <summary>The longest that a fault may last.</summary>
    public virtual TimeSpan LongestFault => TimeSpan.FromSeconds(4);

    /// <summary>Whether strong reads behind a barrier, together with all writes, make one register of each key.</summary>
    public virtual bool IsLinearizable => false;

    /// <summary>
    /// Whether branches of the log may come and go before every process has seen them. A session on one that a process has never heard of is refused there, not told
    /// of its loss.
    /// </summary>
    public virtual bool MayForgetBranches => false;

    /// <summary>Whether callers of eventual reads hardly notice what goes wrong, because a node is well all the time.</summary>
    public virtual bool IsFeltLittle => false;

    /// <summary>Whether a node may be struck by faults that are drawn for one.</summary>
    public virtual bool MayAil(SimulatedNode node) => true;

    /// <summary>How long processes may take to notice that two nodes are promoted at once; null where they may not be able to reach both.</summary>
    public virtual TimeSpan? TwinsAreNoticedWithin => null;

    /// <summary>Where coordinators run, and of which shards. Worlds that have some are mended by them; others are by hand.</summary>
    public virtual IReadOnlyList<(int Shard, string Region)> Coordinators => [];

    /// <summary>How many shards <see cref="Build"/> adds.</summary>
    public virtual int Shards => 2;

    /// <summary>The shards, with their nodes. A shard's territory is its name.</summary>
    public virtual void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("one-us", Virginia).AddNode("one-us-2", Virginia).AddNode("one-eu", Ireland).AddNode("one-ap", Mumbai)
            .Holds("one"))
        .AddShard("two", static shard => shard
            .AddNode("two-eu", Ireland).AddNode("two-us", Virginia).AddNode("two-ap", Mumbai)
            .Holds("two"));

    /// <summary>Settings of each client.</summary>
    public virtual void Configure(DataOptions options)
    {
    }
}

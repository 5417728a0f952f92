using WebsiteBuilder.Data.Conformance.Connections;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Conformance.Outcomes;
using WebsiteBuilder.Data.Conformance.Sessions;
using WebsiteBuilder.Data.Conformance.Traps;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Poolers;

// The suites once more, with a PgBouncer in transaction mode before every node. What takes long takes fewer rounds here.
public sealed class PooledPositionTraps : PositionTraps
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledVisibilityTraps : VisibilityTraps
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledHistoryTraps : HistoryTraps
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledOutcomeTests : OutcomeTests
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledByteBoundaryTests(ITestOutputHelper output) : ByteBoundaryTests(output)
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;

    protected override int Cuts => 200;
}

public sealed class PooledOrdinaryTroubleTests : OrdinaryTroubleTests
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledDetectionTests : DetectionTests
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledSlowNodeTests : SlowNodeTests
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledLostHistoryLiveTests(ITestOutputHelper output) : LostHistoryLiveTests(output)
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledRepositoryConformance(PooledRepositoryConformance.Tier tier) : RepositoryConformance<PooledRepositoryConformance.Tier>(tier)
{
    public sealed class Tier : PostgresRepositoryConformance.Tier
    {
        protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
    }
}

public sealed class PooledJudgedWorld : JudgedWorld
{
    /// <summary>The name for <see cref="CollectionAttribute"/>.</summary>
    public const string PooledCollection = "judged world behind poolers";

    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

[CollectionDefinition(PooledJudgedWorld.PooledCollection)]
public sealed class PooledJudgedWorldDefinition : ICollectionFixture<PooledJudgedWorld>;

[Collection(PooledJudgedWorld.PooledCollection)]
public sealed class PooledSessionGuaranteesLiveTests(PooledJudgedWorld world, ITestOutputHelper output) : SessionGuaranteesLiveTests(world, output)
{
    protected override int Operations => 2_000;
}

[Collection(PooledJudgedWorld.PooledCollection)]
public sealed class PooledLaggingReplicaLiveTests(PooledJudgedWorld world) : LaggingReplicaLiveTests(world);

public sealed class PooledSqlTier : SqlTier
{
    /// <summary>The name for <see cref="CollectionAttribute"/>.</summary>
    public const string PooledCollection = "sql tier behind poolers";

    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

[CollectionDefinition(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlTierDefinition : ICollectionFixture<PooledSqlTier>;

[Collection(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlReadTests(PooledSqlTier tier) : SqlReadTests(tier);

[Collection(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlWriteTests(PooledSqlTier tier) : SqlWriteTests(tier);

[Collection(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlServerTests(PooledSqlTier tier) : SqlServerTests(tier);

[Collection(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlDapperTests(PooledSqlTier tier) : SqlDapperTests(tier);

[Collection(PooledSqlTier.PooledCollection)]
public sealed class PooledSqlEntityFrameworkTests(PooledSqlTier tier) : SqlEntityFrameworkTests(tier);

public sealed class PooledSqlFaultTests : SqlFaultTests
{
    protected override ConnectionPooler Pooler => ConnectionPooler.Transaction;
}

public sealed class PooledUnitOfWorkConformance(PooledRepositoryConformance.Tier tier) : UnitOfWorkConformance<PooledRepositoryConformance.Tier>(tier);

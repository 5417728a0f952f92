using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Topology;

/// <summary>What is known of one shard: roles, health, the current history. Immutable; a change makes a new one.</summary>
internal sealed class ShardTopology
{
    private ShardSnapshot? _described;
    private int _rotation;

    public ShardTopology(ShardDefinition definition, ShardState state, LogHistory? history, int primary, EndpointRole[] roles, EndpointHealth[] health)
    {
        Definition = definition;
        State = state;
        History = history;
        Primary = primary;
        Roles = roles;
        Health = health;
        Problems = new string?[roles.Length];
        SetAside = new bool[roles.Length];
        MayRead = new ReadableAs[roles.Length];
        for (var i = 0; i < roles.Length; i++)
        {
            MayRead[i] = Readable(i);
        }
    }

    public ShardDefinition Definition { get; }

    public ShardState State { get; }

    /// <summary>The history that positions are compared in; null until a node has told one.</summary>
    public LogHistory? History { get; }

    /// <summary>The index of the primary of that history, -1 for none. It may be unhealthy.</summary>
    public int Primary { get; }

    public EndpointRole[] Roles { get; }

    public EndpointHealth[] Health { get; }

    /// <summary>What is wrong with the settings of each endpoint, null for nothing that is known.</summary>
    public string?[] Problems { get; private init; }

    /// <summary>Which endpoints are asked after all others, because they are slow.</summary>
    public bool[] SetAside { get; private init; }

    /// <summary>What each endpoint may be asked for. Worked out once for all plans.</summary>
    public ReadableAs[] MayRead { get; }

    public bool IsWritable => State == ShardState.Writable && Primary >= 0 && Health[Primary] != EndpointHealth.Unhealthy;

    private ReadableAs Readable(int endpoint)
    {
        var readable = Roles[endpoint] switch
        {
            EndpointRole.Primary => ReadableAs.Any | (Primary == endpoint ? ReadableAs.Primary : ReadableAs.Nothing),
            EndpointRole.Replica or EndpointRole.Unknown => ReadableAs.Any,
            _ => ReadableAs.Nothing,
        };
        return Health[endpoint] == EndpointHealth.Healthy && Roles[endpoint] != EndpointRole.Unknown
            ? readable | (ReadableAs)((int)readable << 2)
            : readable;
    }

    public static ShardTopology Unknown(ShardDefinition definition) =>
        new(definition, ShardState.NoPrimary, null, -1, new EndpointRole[definition.Endpoints.Length], new EndpointHealth[definition.Endpoints.Length]);

    public ShardTopology WithHealth(int endpoint, EndpointHealth health)
    {
        var changed = (EndpointHealth[])Health.Clone();
        changed[endpoint] = health;
        return new ShardTopology(Definition, State, History, Primary, Roles, changed) { Problems = Problems, SetAside = SetAside };
    }

    public ShardTopology WithProblem(int endpoint, string? problem)
    {
        var changed = (string?[])Problems.Clone();
        changed[endpoint] = problem;
        return WithProblems(changed);
    }

    public ShardTopology WithProblems(string?[] problems) => new(Definition, State, History, Primary, Roles, Health) { Problems = problems, SetAside = SetAside };

    public ShardTopology WithSetAside(int endpoint, bool isSetAside)
    {
        var changed = (bool[])SetAside.Clone();
        changed[endpoint] = isSetAside;
        return WithSetAside(changed);
    }

    public ShardTopology WithSetAside(bool[] setAside) => new(Definition, State, History, Primary, Roles, Health) { Problems = Problems, SetAside = setAside };

    public bool SameAs(ShardTopology other) =>
        State == other.State && Primary == other.Primary && History?.Id == other.History?.Id
        && History?.Ancestors.Count == other.History?.Ancestors.Count
        && Roles.AsSpan().SequenceEqual(other.Roles) && Health.AsSpan().SequenceEqual(other.Health)
        && Problems.AsSpan().SequenceEqual(other.Problems) && SetAside.AsSpan().SequenceEqual(other.SetAside);

    /// <summary>Whether nobody is passed over for how it is doing. Worked out once.</summary>
    public bool AreAllInRotation
    {
        get
        {
            if (_rotation == 0)
            {
                _rotation = Array.TrueForAll(Health, static health => health == EndpointHealth.Healthy) && !Array.Exists(SetAside, static slow => slow) ? 1 : 2;
            }

            return _rotation == 1;
        }
    }

    /// <summary>What users see. It is put together once.</summary>
    public ShardSnapshot Describe() => _described ??= new(
        Definition.Id,
        Definition.Name,
        State == ShardState.Writable && !IsWritable ? ShardState.NoPrimary : State,
        Primary >= 0 ? Definition.Endpoints[Primary].Region : default,
        [.. Definition.Endpoints.Select(endpoint =>
            new EndpointSnapshot(endpoint.Name, endpoint.Region, Roles[endpoint.Index], Health[endpoint.Index]))]);
}

/// <summary>What an endpoint may be asked for.</summary>
[Flags]
internal enum ReadableAs : byte
{
    Nothing = 0,

    /// <summary>A read that any node may answer.</summary>
    Any = 1,

    /// <summary>A read that only the primary may answer.</summary>
    Primary = 2,

    /// <summary>The same, and it is healthy.</summary>
    HealthyAny = 4,

    /// <inheritdoc cref="HealthyAny"/>
    HealthyPrimary = 8,
}

using System.Collections;
using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>The maps fit the tables, and what is written is read.</summary>
[Collection(DomainTier.Collection)]
public sealed class MapTests(DomainTier tier)
{
    private static readonly JsonElement Json = JsonDocument.Parse("""{"a": [1, null, "ü"], "b": {"c": true}}""").RootElement;
    private static readonly DateTimeOffset Late = DateTimeOffset.MaxValue;

    private readonly IDataSession _session = tier.Client.OpenSession();

    [Fact]
    public async Task Every_map_fits_its_table_in_names_and_in_what_may_be_null()
    {
        var stored = new Dictionary<(string, string), bool>();
        await using var connection = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = 'public'";
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                stored.Add((reader.GetString(0), reader.GetString(1)), reader.GetBoolean(2));
            }
        }

        var mapped = Maps().SelectMany(static map => Columns(map)).ToDictionary(static column => (column.Table, column.Name), static column => column.MayBeNull);

        Assert.Equal(17, mapped.Keys.Select(static key => key.Table).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(
            stored.Where(static column => column.Key.Item1 != "effects").Select(static column => $"{column.Key} {column.Value}").Order(StringComparer.Ordinal),
            mapped.Select(static column => $"{column.Key} {column.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_column_comes_back_as_it_was_written()
    {
        var user = await tier.NewUserAsync(_session);
        var team = new Team { Key = new TeamKey(tier.Home, Guid.NewGuid()), Name = new string('ü', 100), CreatedAt = DomainTier.Noon, UpdatedAt = Late };
        var project = new Project { Key = new ProjectKey(tier.Home, Guid.NewGuid()), OwnerId = user.Key.Id, Name = "n", Slug = "s", CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon };
        var full = project with
        {
            Key = new ProjectKey(tier.Home, Guid.NewGuid()),
            TeamId = team.Key.Id,
            Name = new string('n', 200),
            Slug = "a" + new string('-', 61) + "9",
            Description = new string('d', 2_000),
            Visibility = ProjectVisibility.Public,
            Status = ProjectStatus.Archived,
            Settings = Json,
        };
        var signedIn = new UserSession { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), UserId = user.Key.Id, CreatedAt = DomainTier.Noon, LastActivity = DomainTier.Noon, ExpiresAt = Late };
        var seen = new SecurityEvent { Key = new SecurityEventKey(tier.Home, Guid.NewGuid()), UserId = user.Key.Id, EventType = "e", CreatedAt = DomainTier.Noon };
        var abroad = new UserKey(Territory.Parse("elsewhere"), Guid.NewGuid());

        await RoundTripAsync(TeamMap.Map, team);
        await RoundTripAsync(ProjectMap.Map, project, full);
        await RoundTripAsync(
            UserSessionMap.Map,
            signedIn,
            signedIn with { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), IpAddress = IPAddress.Parse("192.0.2.255"), DeviceFingerprint = new string('f', 255), UserAgent = new string('a', 1_024) },
            signedIn with { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), IpAddress = IPAddress.Parse("2001:db8::ffff") },
            signedIn with { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), IpAddress = IPAddress.Parse("::ffff:192.0.2.1") },
            signedIn with { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), IpAddress = IPAddress.Loopback });
        await RoundTripAsync(SecurityEventMap.Map, seen, seen with { Key = new SecurityEventKey(tier.Home, Guid.NewGuid()), EventType = new string('e', 50), RiskScore = 100, Metadata = Json });
        await RoundTripAsync(
            SubscriptionMap.Map,
            new Subscription
            {
                Key = new SubscriptionKey(tier.Home, Guid.NewGuid()),
                UserId = user.Key.Id,
                Tier = "pro",
                Status = SubscriptionStatus.Cancelled,
                Price = new Money(0, "JPY"),
                PeriodStart = DomainTier.Noon,
                PeriodEnd = Late,
                CreatedAt = DomainTier.Noon,
                UpdatedAt = DomainTier.Noon,
            },
            new Subscription
            {
                Key = new SubscriptionKey(tier.Home, Guid.NewGuid()),
                UserId = user.Key.Id,
                Tier = new string('t', 20),
                Status = SubscriptionStatus.PastDue,
                Price = new Money(long.MaxValue, "KWD"),
                PeriodStart = DateTimeOffset.MinValue,
                PeriodEnd = Late,
                CancelAtPeriodEnd = true,
                ProviderReference = user.Email,
                CreatedAt = DomainTier.Noon,
                UpdatedAt = DomainTier.Noon,
            });
        await RoundTripAsync(
            TeamMemberMap.Map,
            [.. Enum.GetValues<MemberRole>().Skip(1).Select(role => new TeamMember { Key = new TeamMemberKey(team.Key, abroad with { Id = Guid.NewGuid() }), Role = role, JoinedAt = DomainTier.Noon })]);
        await RoundTripAsync(
            ProjectPermissionMap.Map,
            new ProjectPermission { Key = new ProjectPermissionKey(project.Key, abroad), Role = MemberRole.Guest, GrantedAt = DomainTier.Noon },
            new ProjectPermission { Key = new ProjectPermissionKey(project.Key, user.Key), Role = MemberRole.Owner, Permissions = ["a", "ü\""], GrantedAt = DomainTier.Noon, ExpiresAt = Late });
        var configuration = new DeploymentConfiguration
        {
            Key = new DeploymentConfigurationKey(tier.Home, Guid.NewGuid()),
            ProjectId = project.Key.Id,
            Name = "production",
            Provider = DeploymentProvider.Vercel,
            CreatedAt = DomainTier.Noon,
            UpdatedAt = Late,
        };
        await RoundTripAsync(
            DeploymentConfigurationMap.Map,
            configuration,
            configuration with { Key = new DeploymentConfigurationKey(tier.Home, Guid.NewGuid()), Name = new string('n', 64), Provider = DeploymentProvider.Custom, Settings = Json });
        await RoundTripAsync(
            DeploymentMap.Map,
            new Deployment { Key = new DeploymentKey(tier.Home, Guid.NewGuid()), ProjectId = project.Key.Id, StartedAt = DomainTier.Noon },
            new Deployment
            {
                Key = new DeploymentKey(tier.Home, Guid.NewGuid()),
                ProjectId = project.Key.Id,
                ConfigurationId = configuration.Key.Id,
                Status = DeploymentStatus.Failed,
                Revision = new string('r', 100),
                Url = new string('u', 2_000),
                Error = new string('e', 2_000),
                StartedAt = DomainTier.Noon,
                FinishedAt = Late,
            });
        await RoundTripAsync(
            CustomDomainMap.Map,
            new CustomDomain { Key = new CustomDomainKey(tier.Home, $"{user.Key.Id:n}.example"), ProjectId = project.Key.Id, CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon },
            new CustomDomain
            {
                Key = new CustomDomainKey(tier.Home, $"xn--{user.Key.Id:n}.a.{new string('b', 63)}.example"),
                ProjectId = project.Key.Id,
                Status = DomainStatus.Verified,
                IsMain = true,
                RedirectTo = "www.example",
                VerificationToken = "t",
                CertificateExpiresAt = Late,
                Settings = Json,
                CreatedAt = DomainTier.Noon,
                UpdatedAt = DomainTier.Noon,
            });
    }

    [Fact]
    public async Task Every_column_of_commerce_and_jobs_comes_back_as_it_was_written()
    {
        var user = await tier.NewUserAsync(_session);
        var order = new Order { Key = new OrderKey(tier.Home, Guid.NewGuid()), UserId = user.Key.Id, Total = new Money(0, "USD"), CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon };
        var job = new Job
        {
            Key = new JobKey(tier.Home, Guid.NewGuid()),
            Queue = "q",
            Kind = "k",
            Status = JobStatus.Ready,
            DueAt = DateTimeOffset.MinValue,
            MaxAttempts = 1,
            CreatedAt = DomainTier.Noon,
        };

        await RoundTripAsync(
            InventoryLevelMap.Map,
            new InventoryLevel { Key = new InventoryKey(tier.Home, $"{user.Key.Id:n}"), OnHand = 0, UpdatedAt = DomainTier.Noon },
            new InventoryLevel { Key = new InventoryKey(tier.Home, $"{user.Key.Id:n}{user.Key.Id:n}"), OnHand = long.MaxValue, Reserved = long.MaxValue, UpdatedAt = Late });
        await RoundTripAsync(
            OrderMap.Map,
            order,
            order with { Key = new OrderKey(tier.Home, Guid.NewGuid()), Status = OrderStatus.Refunded, ChargesMinorUnits = long.MinValue, Total = new Money(long.MaxValue, "XTS"), ShippingAddress = Json });
        await RoundTripAsync(
            OrderLineMap.Map,
            new OrderLine { Key = new OrderLineKey(order.Key, 1), Sku = "s", Quantity = 1, UnitPrice = new Money(0, "USD") },
            new OrderLine { Key = new OrderLineKey(order.Key, int.MaxValue), Sku = new string('s', 64), Description = new string('d', 500), Quantity = int.MaxValue, UnitPrice = new Money(long.MaxValue, "USD") });
        await RoundTripAsync(
            FinancialTransactionMap.Map,
            new FinancialTransaction
            {
                Key = new FinancialTransactionKey(tier.Home, Guid.NewGuid()),
                UserId = user.Key.Id,
                Kind = FinancialTransactionKind.Charge,
                Amount = new Money(1, "USD"),
                CreatedAt = DomainTier.Noon,
            },
            new FinancialTransaction
            {
                Key = new FinancialTransactionKey(tier.Home, Guid.NewGuid()),
                UserId = user.Key.Id,
                OrderId = order.Key.Id,
                Kind = FinancialTransactionKind.Refund,
                Status = FinancialTransactionStatus.Failed,
                Amount = new Money(long.MaxValue, "USD"),
                Provider = "p",
                ProviderReference = user.Email,
                CreatedAt = DomainTier.Noon,
                SettledAt = Late,
            });
        await RoundTripAsync(
            JobMap.Map,
            job,
            job with { Key = new JobKey(tier.Home, Guid.NewGuid()), Status = JobStatus.Running, DueAt = Late, Priority = short.MinValue, Attempts = int.MaxValue, MaxAttempts = 1_000 },
            job with
            {
                Key = new JobKey(tier.Home, Guid.NewGuid()),
                Queue = new string('q', 64),
                Kind = new string('k', 100),
                Payload = Json,
                DeduplicationKey = new string('d', 200),
                Priority = short.MaxValue,
                Status = JobStatus.Dead,
                DueAt = null,
                LastError = new string('e', 2_000),
                FinishedAt = Late,
            });
    }

    [Fact]
    public async Task What_the_schema_forbids_is_refused_by_name()
    {
        var user = await tier.NewUserAsync(_session);
        var signedIn = new UserSession { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), UserId = user.Key.Id, CreatedAt = DomainTier.Noon, LastActivity = DomainTier.Noon, ExpiresAt = Late };
        var project = await tier.NewProjectAsync(_session);
        var charge = new FinancialTransaction
        {
            Key = new FinancialTransactionKey(tier.Home, Guid.NewGuid()),
            UserId = user.Key.Id,
            Kind = FinancialTransactionKind.Charge,
            Amount = new Money(1, "USD"),
            CreatedAt = DomainTier.Noon,
        };
        var (sessions, projects, money) = (_session.Repository<UserSession, UserSessionKey>(), _session.Repository<Project, ProjectKey>(), _session.Repository<FinancialTransaction, FinancialTransactionKey>());

        await RefusedAsync("user_sessions_user_id_fkey", sessions.InsertAsync(signedIn with { UserId = Guid.NewGuid() }));
        await RefusedAsync("user_sessions_expires_at_check", sessions.InsertAsync(signedIn with { ExpiresAt = DomainTier.Noon }));
        await RefusedAsync("user_sessions_user_agent_check", sessions.InsertAsync(signedIn with { UserAgent = new string('a', 1_025) }));
        await RefusedAsync("projects_slug_check", projects.UpdateAsync(project with { Slug = "Upper" }));
        await RefusedAsync("projects_slug_key", projects.InsertAsync(project with { Key = new ProjectKey(tier.Home, Guid.NewGuid()) }), ConflictKind.AlreadyExists);
        await RefusedAsync("projects_owner_id_fkey", _session.Repository<User, UserKey>().DeleteAsync(new UserKey(tier.Home, project.OwnerId)));
        await RefusedAsync("custom_domains_host_check", _session.Repository<CustomDomain, CustomDomainKey>().InsertAsync(
            new CustomDomain { Key = new CustomDomainKey(tier.Home, "Upper.example"), ProjectId = project.Key.Id, CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon }));
        await RefusedAsync("financial_transactions_amount_minor_check", money.InsertAsync(charge with { Amount = new Money(0, "USD") }));
        await money.InsertAsync(charge);
        await RefusedAsync("financial_transactions_fixed", money.UpdateAsync(charge with { Amount = new Money(2, "USD") }));
        await RefusedAsync("financial_transactions_settled_at_check", money.UpdateAsync(charge with { Status = FinancialTransactionStatus.Failed }));
        await money.UpdateAsync(charge with { Status = FinancialTransactionStatus.Failed, SettledAt = DomainTier.Noon });
        await RefusedAsync("financial_transactions_fixed", money.UpdateAsync(charge with { Status = FinancialTransactionStatus.Succeeded, SettledAt = DomainTier.Noon }));
        await RefusedAsync("financial_transactions_user_id_fkey", _session.Repository<User, UserKey>().DeleteAsync(user.Key));
    }

    [Fact]
    public async Task What_belongs_to_a_user_goes_with_the_user()
    {
        var user = await tier.NewUserAsync(_session);
        var signedIn = new UserSessionKey(tier.Home, Guid.NewGuid());
        var seen = new SecurityEventKey(tier.Home, Guid.NewGuid());
        await _session.Repository<UserSession, UserSessionKey>().InsertAsync(
            new UserSession { Key = signedIn, UserId = user.Key.Id, CreatedAt = DomainTier.Noon, LastActivity = DomainTier.Noon, ExpiresAt = Late });
        await _session.Repository<SecurityEvent, SecurityEventKey>().InsertAsync(new SecurityEvent { Key = seen, UserId = user.Key.Id, EventType = "e", CreatedAt = DomainTier.Noon });

        await _session.Repository<User, UserKey>().DeleteAsync(user.Key);

        var strong = new ReadOptions { Consistency = ConsistencyLevel.Strong };
        Assert.False((await _session.Repository<UserSession, UserSessionKey>().FindAsync(signedIn, strong)).Found);
        Assert.False((await _session.Repository<SecurityEvent, SecurityEventKey>().FindAsync(seen, strong)).Found);
    }

    private static async Task RefusedAsync(string constraint, Task<WriteResult> write, ConflictKind kind = ConflictKind.Constraint)
    {
        var conflict = await Assert.ThrowsAsync<ConflictException>(() => write);
        Assert.Equal((kind, constraint), (conflict.Kind, conflict.Constraint));
    }

    private static IEnumerable<object> Maps()
    {
        var registry = (EntityRegistry)Activator.CreateInstance(typeof(EntityRegistry), nonPublic: true)!;
        registry.AddWebsiteBuilder();
        var registrations = (IDictionary)typeof(EntityRegistry).GetField("_registrations", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(registry)!;
        return registrations.Values.Cast<object>().Select(static registration => registration.GetType().GetProperty("Map")!.GetValue(registration)!);
    }

    private static IEnumerable<(string Table, string Name, bool MayBeNull)> Columns(object map)
    {
        var table = (string)map.GetType().GetProperty("Table")!.GetValue(map)!;
        var entity = map.GetType().GetGenericArguments()[0];
        foreach (var column in (IEnumerable)map.GetType().GetProperty("Columns")!.GetValue(map)!)
        {
            var name = (string)column.GetType().GetProperty("Name")!.GetValue(column)!;
            var type = column.GetType().GetGenericArguments()[1];
            var property = entity.GetProperty(name.Replace("_", "", StringComparison.Ordinal), BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            yield return (table, name, Nullable.GetUnderlyingType(type) is not null || (!type.IsValueType && property is not null && new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable));
        }
    }

    private async Task RoundTripAsync<TEntity, TKey>(EntityMap<TEntity, TKey> map, params TEntity[] entities)
        where TEntity : class
        where TKey : notnull
    {
        foreach (var entity in entities)
        {
            var repository = _session.Repository<TEntity, TKey>();
            await repository.InsertAsync(entity);
            await RequireSameAsync(map, entity, 1);

            await repository.UpdateAsync(entity, expectedVersion: 1);
            await RequireSameAsync(map, entity, 2);

            await repository.UpsertAsync(entity);
            await RequireSameAsync(map, entity, 3);
        }
    }

    private async Task RequireSameAsync<TEntity, TKey>(EntityMap<TEntity, TKey> map, TEntity entity, long version)
        where TEntity : class
        where TKey : notnull
    {
        var found = (await _session.Repository<TEntity, TKey>().FindAsync(map.KeyOf(entity), new ReadOptions { Consistency = ConsistencyLevel.Session })).Value!;
        Assert.Equal(map.KeyOf(entity), map.KeyOf(found));
        var (written, read) = (new Values(), new Values());
        foreach (var column in map.Columns)
        {
            column.Write(entity, written);
            column.Write(found, read);
        }

        written.All[map.Version!.Ordinal] = version;
        Assert.Equal(written.All, read.All);
    }

    /// <summary>An entity's values; JSON in one spelling.</summary>
    private sealed class Values : EntityWriter
    {
        public List<object?> All { get; } = [];

        public override void Write<T>(T value) => All.Add(value);

        public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => All.Add(value is null ? null : JsonNode.Parse(JsonSerializer.Serialize(value, json))!.ToJsonString());
    }
}

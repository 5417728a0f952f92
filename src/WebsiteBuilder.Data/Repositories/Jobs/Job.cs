using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a job.</summary>
/// <param name="Territory">The territory whose data it works on, so that its effects and its completion are one transaction.</param>
/// <param name="Id">Which one.</param>
public readonly record struct JobKey(Territory Territory, Guid Id);

/// <summary>How a job stands.</summary>
public enum JobStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>It waits for a worker, or until it is due.</summary>
    Ready = 1,

    /// <summary>A worker has it, until its lease ends.</summary>
    Running = 2,

    /// <summary>It is completed.</summary>
    Done = 3,

    /// <summary>It failed as often as it may: a dead letter.</summary>
    Dead = 4,
}

/// <summary>Work to be done later. Written through <see cref="JobQueue"/> only.</summary>
public sealed record Job
{
    /// <summary>The key.</summary>
    public required JobKey Key { get; init; }

    /// <summary>The queue, 1 to 64 characters.</summary>
    public required string Queue { get; init; }

    /// <summary>What is to be done, 1 to 100 characters, in the application's own words.</summary>
    public required string Kind { get; init; }

    /// <summary>With what, as JSON. Keep it small: every claim and renewal writes the row anew.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary>The name by which it was deduplicated, 1 to 200 characters: no two jobs of a queue that are ready or running have the same (<c>jobs_deduplication_key</c>).</summary>
    public string? DeduplicationKey { get; init; }

    /// <summary>Greater ones come first. Default: 0.</summary>
    public short Priority { get; init; }

    /// <summary>How it stands.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>From when on a worker may take it: while it runs, the end of its lease; <see langword="null"/> exactly once it is done or dead. PostgreSQL keeps microseconds.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>How often it was taken, those included whose lease ended.</summary>
    public int Attempts { get; init; }

    /// <summary>How often it may be taken before it is dead: 1 to 1,000.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>Why it failed last, 2,000 characters at most.</summary>
    public string? LastError { get; init; }

    /// <summary>When it was enqueued.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was done or dead; <see langword="null"/> before.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The version that was read. Of a claimed job it is the lease: whoever takes the job next changes it.</summary>
    public long Version { get; init; }
}

/// <summary>A job to be enqueued.</summary>
public sealed record JobRequest
{
    /// <summary>The job's id. Enqueued again under the same id, it is enqueued once, for as long as the job is kept.</summary>
    public required Guid Id { get; init; }

    /// <summary>What is to be done, 1 to 100 characters.</summary>
    public required string Kind { get; init; }

    /// <summary>With what, as JSON.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary>A name, 1 to 200 characters: while a job of that name is ready or running in the queue, no other is enqueued. Default: none.</summary>
    public string? DeduplicationKey { get; init; }

    /// <summary>Not before then. Default: at once.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Greater ones come first. Default: 0.</summary>
    public short Priority { get; init; }

    /// <summary>How often it may be tried, 1 to 1,000. Default: the policy's.</summary>
    public int? MaxAttempts { get; init; }
}

/// <summary>How jobs are stored: the table <c>jobs</c>.</summary>
public static class JobMap
{
    /// <summary>A session sees what it did; a job that was enqueued is on the synchronous standbys' disks.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<Job, JobKey> Map { get; } = EntityMap.Create<Job, JobKey>("jobs", static job => job.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static job => job.Key.Id, static key => key.Id);
        var queue = map.Column("queue", static job => job.Queue);
        var kind = map.Column("kind", static job => job.Kind);
        var payload = map.Json("payload", static job => job.Payload, DomainJson.Default.NullableJsonElement);
        var deduplication = map.Column("deduplication_key", static job => job.DeduplicationKey);
        var priority = map.Column("priority", static job => job.Priority);
        var status = map.Column("status", static job => EnumColumns.Text(job.Status));
        var due = map.Column("due_at", static job => job.DueAt);
        var attempts = map.Column("attempts", static job => job.Attempts);
        var max = map.Column("max_attempts", static job => job.MaxAttempts);
        var error = map.Column("last_error", static job => job.LastError);
        var created = map.Column("created_at", static job => job.CreatedAt);
        var finished = map.Column("finished_at", static job => job.FinishedAt);
        var version = map.Version("version", static job => job.Version);
        return row => new Job
        {
            Key = new JobKey(row.Territory, row.Get(id)),
            Queue = row.Get(queue),
            Kind = row.Get(kind),
            Payload = row.Get(payload),
            DeduplicationKey = row.Get(deduplication),
            Priority = row.Get(priority),
            Status = EnumColumns.Value<JobStatus>(row.Get(status)),
            DueAt = row.Get(due),
            Attempts = row.Get(attempts),
            MaxAttempts = row.Get(max),
            LastError = row.Get(error),
            CreatedAt = row.Get(created),
            FinishedAt = row.Get(finished),
            Version = row.Get(version),
        };
    });

    /// <summary>The queue, for queries.</summary>
    public static EntityColumn<Job, string> Queue { get; } = Map.Text("queue");

    /// <summary>The name by which it was deduplicated, for queries.</summary>
    public static EntityColumn<Job, string?> DeduplicationKey { get; } = Map.Column<Job, JobKey, string?>("deduplication_key");

    /// <summary>The priority, for queries.</summary>
    public static EntityColumn<Job, short> Priority { get; } = Map.Column<Job, JobKey, short>("priority");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<Job, string> Status { get; } = Map.Text("status");

    /// <summary>From when on it may be taken, for queries.</summary>
    public static EntityColumn<Job, DateTimeOffset?> DueAt { get; } = Map.Column<Job, JobKey, DateTimeOffset?>("due_at");

    /// <summary>When it was done or dead, for queries.</summary>
    public static EntityColumn<Job, DateTimeOffset?> FinishedAt { get; } = Map.Column<Job, JobKey, DateTimeOffset?>("finished_at");
}

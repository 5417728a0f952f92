using System.Net.Sockets;
using System.Text;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>One Redis or Sentinel process, its directory, its log and its ports.</summary>
internal sealed class RedisServer(ClusterContext context, string name, string password, bool withTls, bool withBus)
{
    public const string Program = "/usr/bin/redis-server";

    private int _pid;
    private bool _isPrepared;

    public string Password => password;

    public int Port { get; } = withBus ? context.Ports.NextWithBus() : context.Ports.Next();

    public int? TlsPort { get; } = withTls ? context.Ports.Next() : null;

    public string LogFile { get; } = context.Supervisor.LogFile(name);

    public string DataDirectory { get; } = Path.Combine(context.Supervisor.Directory, "nodes", name);

    /// <summary>Lines of the configuration beyond the common ones; a former start's last word on roles is the file's own.</summary>
    public required Func<string> Settings { get; init; }

    /// <summary>The cluster's view that it starts with; null outside of one.</summary>
    public Func<string>? ClusterView { get; init; }

    public bool IsSentinel { get; init; }

    public bool IsRunning => _pid != 0 && ProcessTable.StandardError(_pid) == LogFile;

    private TimeSpan Timeout => context.Options.StepTimeout;

    private string ConfigurationFile => Path.Combine(DataDirectory, "redis.conf");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        string[] mode = IsSentinel ? ["--sentinel"] : [];
        var pid = await context.Supervisor.StartServerAsync(
            name, "KILL", ServerUser.Run([Program, ConfigurationFile, .. mode]), cancellationToken).ConfigureAwait(false);
        await Poll.UntilAsync(
            async token => !ProcessTable.IsAlive(pid) || await AnswersAsync(token).ConfigureAwait(false),
            $"{name} answers",
            Timeout,
            LogTail,
            cancellationToken).ConfigureAwait(false);
        _pid = ProcessTable.IsAlive(pid) ? pid : throw new LocalClusterException($"{name} ended while starting. {LogTail()}");
    }

    public async Task KillAsync(CancellationToken cancellationToken)
    {
        await Poll.UntilAsync(
            () =>
            {
                var members = ProcessTable.Members(LogFile);
                foreach (var pid in members) Signals.Send(pid, Signal.Kill);
                return members.Count == 0 && ProcessTable.State(_pid) is null;
            },
            $"{name} has ended",
            Timeout,
            LogTail,
            cancellationToken).ConfigureAwait(false);
        _pid = 0;
    }

    public Task FreezeAsync(CancellationToken cancellationToken) => SignalAsync(Signal.Stop, static state => state == 'T', "is frozen", cancellationToken);

    public Task ThawAsync(CancellationToken cancellationToken) => SignalAsync(Signal.Continue, static state => state != 'T', "runs again", cancellationToken);

    public string LogTail() => ServerLog.Tail(LogFile);

    private Task SignalAsync(Signal signal, Func<char?, bool> isDone, string what, CancellationToken cancellationToken) => Poll.UntilAsync(
        () =>
        {
            Signals.Send(_pid, signal);
            return isDone(ProcessTable.State(_pid));
        },
        $"{name} {what}",
        Timeout,
        LogTail,
        cancellationToken);

    // The server rewrites its configuration, so that it must own the file and its directory.
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_isPrepared) return;
        _isPrepared = true;
        await context.Supervisor.RunAsync(name, [.. ServerUser.Run("mkdir", "-m", "700", DataDirectory)], cancellationToken).ConfigureAwait(false);
        await WriteAsync(Configuration(), ConfigurationFile, cancellationToken).ConfigureAwait(false);
        if (ClusterView is { } view)
            await WriteAsync(view(), Path.Combine(DataDirectory, "nodes.conf"), cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync(string content, string file, CancellationToken cancellationToken)
    {
        var draft = Path.Combine(context.Supervisor.Directory, $"{name}-{Path.GetFileName(file)}");
        await File.WriteAllTextAsync(draft, content, cancellationToken).ConfigureAwait(false);
        await context.Supervisor.RunAsync(name, [.. ServerUser.Run("cp", "--no-preserve=all", draft, file)], cancellationToken).ConfigureAwait(false);
        File.Delete(draft);
    }

    private string Configuration() => new StringBuilder()
        .AppendLine($"bind 127.0.0.1")
        .AppendLine($"port {Port}")
        .AppendLine($"dir {DataDirectory}")
        .Append(TlsPort is { } tls
            ? $"tls-port {tls}\ntls-cert-file {context.Options.Redis.TlsCertificateFile}\ntls-key-file {context.Options.Redis.TlsKeyFile}\ntls-auth-clients no\n"
            : "")
        .Append(Settings())
        .ToString();

    // Whatever it says (also that a password is missing), it is there; a server that loads its data says so.
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port, cancellationToken).ConfigureAwait(false);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            var answer = new byte[64];
            var length = await stream.ReadAsync(answer, cancellationToken).ConfigureAwait(false);
            var text = Encoding.ASCII.GetString(answer, 0, length);
            return text.StartsWith("+PONG", StringComparison.Ordinal) || text.StartsWith("-NOAUTH", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }
}

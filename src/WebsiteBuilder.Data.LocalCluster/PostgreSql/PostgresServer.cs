namespace WebsiteBuilder.Data.Clusters;

/// <summary>One server process with its descendants, its data directory, its log and its port.</summary>
internal sealed class PostgresServer(ClusterContext context, string name)
{
    private const int MaxPortAttempts = 5;

    private int _pid;
    private bool _portIsKnown;

    public string DataDirectory { get; } = Path.Combine(context.Supervisor.Directory, "nodes", name);

    public string LogFile { get; } = context.Supervisor.LogFile(name);

    public int Port { get; private set; } = context.Ports.Next();

    public bool IsRunning => _pid != 0 && ProcessTable.StandardError(_pid) == LogFile;

    private TimeSpan Timeout => context.Options.StepTimeout;

    /// <summary>Runs a command as the servers' account; its output goes to this server's log.</summary>
    public Task RunAsync(IEnumerable<string> command, CancellationToken cancellationToken) =>
        context.Supervisor.RunAsync(name, [.. ServerUser.Run(command)], cancellationToken);

    /// <summary>Starts the process and waits until it takes connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var pid = await context.Supervisor.StartServerAsync(
                name,
                "QUIT",
                ServerUser.Run(context.Program("postgres"), "-D", DataDirectory, "-p", $"{Port}", "-c", $"cluster_name={name}"),
                cancellationToken).ConfigureAwait(false);
            await Poll.UntilAsync(
                () => IsReady(pid) || !ProcessTable.IsAlive(pid), $"{name} takes connections", Timeout, LogTail, cancellationToken).ConfigureAwait(false);
            if (ProcessTable.IsAlive(pid))
            {
                _pid = pid;
                _portIsKnown = true;
                return;
            }

            // Once told to somebody the port is part of the node's identity; before that another one does as well.
            if (_portIsKnown || attempt == MaxPortAttempts || !LogTail().Contains("Address already in use", StringComparison.Ordinal))
                throw new LocalClusterException($"{name} ended while starting. {LogTail()}");
            Port = context.Ports.Next();
        }
    }

    /// <summary>An orderly end: running transactions are aborted, everything is written, replicas are sent the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!IsRunning) return;
        Signals.Send(_pid, Signal.Interrupt);
        SendToAll(Signal.Continue);
        await UntilGoneAsync(Signal.None, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>kill -9 of the process and all its descendants.</summary>
    public Task KillAsync(CancellationToken cancellationToken)
    {
        // Stopped first: none of them may see another one die, nor fork once more.
        SendToAll(Signal.Stop);
        return UntilGoneAsync(Signal.Kill, cancellationToken);
    }

    public Task FreezeAsync(CancellationToken cancellationToken) => Poll.UntilAsync(
        () =>
        {
            var running = ProcessTable.Members(LogFile).Where(pid => ProcessTable.State(pid) is not ('T' or null)).ToList();
            foreach (var pid in running) Signals.Send(pid, Signal.Stop);
            return running.Count == 0;
        },
        $"{name} is frozen",
        Timeout,
        LogTail,
        cancellationToken);

    public Task ThawAsync(CancellationToken cancellationToken) => Poll.UntilAsync(
        () =>
        {
            SendToAll(Signal.Continue);
            return !ProcessTable.Members(LogFile).Exists(pid => ProcessTable.State(pid) == 'T');
        },
        $"{name} runs again",
        Timeout,
        LogTail,
        cancellationToken);

    public string LogTail() => ServerLog.Tail(LogFile);

    private void SendToAll(Signal signal)
    {
        foreach (var pid in ProcessTable.Members(LogFile))
            Signals.Send(pid, signal);
    }

    private async Task UntilGoneAsync(Signal signal, CancellationToken cancellationToken)
    {
        await Poll.UntilAsync(
            () =>
            {
                var members = ProcessTable.Members(LogFile);
                if (signal != Signal.None)
                {
                    foreach (var pid in members)
                        Signals.Send(pid, signal);
                }

                // The next start checks whether the former process is gone for good: wait until it is reaped, too.
                return members.Count == 0 && ProcessTable.State(_pid) is null;
            },
            $"{name} has ended",
            Timeout,
            LogTail,
            cancellationToken).ConfigureAwait(false);
        _pid = 0;
    }

    // The server keeps its state in the eighth line of its lock file; no connection is needed to see it.
    private bool IsReady(int pid)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(DataDirectory, "postmaster.pid"));
            return lines.Length > 7 && lines[0] == $"{pid}" && lines[7].StartsWith("ready", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

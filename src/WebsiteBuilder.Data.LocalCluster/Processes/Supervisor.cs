using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Our end of <c>supervisor.sh</c>, the parent of all servers. See the script for the protocol and the guarantees.</summary>
internal sealed class Supervisor : IAsyncDisposable
{
    private static readonly TimeSpan TakeDownTimeout = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<int>> _answers = new();
    private readonly SemaphoreSlim _write = new(1, 1);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private int _lastId;
    private int _disposed;

    private Supervisor(Process process, string directory)
    {
        _process = process;
        Directory = directory;
        _reading = ReadAnswersAsync();
    }

    /// <summary>The cluster's directory; it exists exactly as long as the cluster.</summary>
    public string Directory { get; }

    public int ProcessId => _process.Id;

    private string Script => Path.Combine(Directory, "supervisor.sh");

    /// <summary>Makes a directory below <paramref name="baseDirectory"/> and starts the supervisor that owns it.</summary>
    public static async Task<Supervisor> StartAsync(string baseDirectory, string? group, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(baseDirectory, "wbd-cluster-" + RandomNumberGenerator.GetHexString(10, lowercase: true));
        // Until the supervisor has written whose it is, the directory bears another name, which sweepers leave alone.
        System.IO.Directory.CreateDirectory(directory + ".new");
        var script = Path.Combine(directory + ".new", "supervisor.sh");
        await File.WriteAllTextAsync(script, ReadScript(), cancellationToken).ConfigureAwait(false);

        // A session of its own: Ctrl-C in the terminal is for the owner, whose end then ends the supervisor in good order.
        var start = new ProcessStartInfo("setsid", ["bash", script, "--supervise", directory, group ?? ""])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        var process = Process.Start(start) ?? throw new LocalClusterException("The supervisor did not start.");
        var supervisor = new Supervisor(process, directory);
        try
        {
            await supervisor._ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return supervisor;
        }
        catch
        {
            await supervisor.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a server whose output goes to the log; returns its process id.</summary>
    /// <param name="log">The log's name; see <see cref="LogFile"/>.</param>
    /// <param name="stopSignal">What makes this server end at once by itself, such as QUIT.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    public Task<int> StartServerAsync(string log, string stopSignal, IEnumerable<string> command, CancellationToken cancellationToken) =>
        AskAsync("start", [log, stopSignal, .. command], cancellationToken);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="LocalClusterException">Its exit status is not zero.</exception>
    public async Task RunAsync(string log, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var status = await AskAsync("run", [log, .. command], cancellationToken).ConfigureAwait(false);
        if (status != 0)
            throw new LocalClusterException($"'{string.Join(' ', command)}' ended with status {status}. {ServerLog.Tail(LogFile(log))}");
    }

    /// <summary>Removes what clusters whose supervisor is dead left below the directories; live ones are not touched.</summary>
    public Task SweepAsync(IEnumerable<string> baseDirectories, CancellationToken cancellationToken) =>
        RunAsync("sweep", ["bash", Script, "--sweep", .. baseDirectories], cancellationToken);

    /// <summary>Removes the data directory of a server that does not run, and what else it left in the system.</summary>
    public Task RemoveDataAsync(string log, string dataDirectory, CancellationToken cancellationToken) =>
        RunAsync(log, ["bash", Script, "--remove-data", dataDirectory], cancellationToken);

    /// <summary>Where the output of a server or command of that log name goes.</summary>
    public string LogFile(string log) => Path.Combine(Directory, "logs", log + ".log");

    /// <summary>Takes everything down and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed.
        }

        using var limit = new CancellationTokenSource(TakeDownTimeout, TimeProvider.System);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (System.IO.Directory.Exists(Directory))
            await TakeDownForItAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _process.Dispose();
        _write.Dispose();
    }

    private static string ReadScript()
    {
        using var stream = typeof(Supervisor).Assembly.GetManifestResourceStream("supervisor.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    // The supervisor was killed, but its script is still there.
    private async Task TakeDownForItAsync()
    {
        _process.Kill();
        using var substitute = Process.Start(new ProcessStartInfo("bash", [Script, "--take-down", Directory]));
        await substitute!.WaitForExitAsync().ConfigureAwait(false);
    }

    private async Task<int> AskAsync(string verb, IReadOnlyList<string> fields, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers[id] = answer;
        if (_reading.IsCompleted) throw Gone();

        var request = string.Concat(((string[])[$"{fields.Count + 2}", verb, $"{id}", .. fields]).Select(field => field + '\0'));
        await _write.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Not cancellable: half a request would garble the next one.
            await _process.StandardInput.WriteAsync(request).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            throw Gone();
        }
        finally
        {
            _write.Release();
        }

        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadAnswersAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line == "ready")
            {
                _ready.TrySetResult();
                continue;
            }

            // "started ID PID" or "done ID STATUS"
            var fields = line.Split(' ');
            if (_answers.TryRemove(int.Parse(fields[1]), out var answer))
                answer.TrySetResult(int.Parse(fields[2]));
        }

        _ready.TrySetException(Gone());
        foreach (var answer in _answers.Values)
            answer.TrySetException(Gone());
    }

    private static LocalClusterException Gone() =>
        new("The supervisor of the local cluster has ended, and its servers with it or soon after.");
}

using System.Diagnostics;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Makes sure that servers are installed: by saying what is missing or, if asked to, by installing it on Debian.</summary>
internal sealed class ServerInstaller(bool install, Action<string> progress)
{
    private const string PolicyFile = "/usr/sbin/policy-rc.d";
    private const string LockFile = "/run/lock/wbd-install.lock";
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(10);

    /// <exception cref="LocalClusterException">Something is missing and may not or could not be installed.</exception>
    public async Task EnsureAsync(IReadOnlyCollection<ServerKind> kinds, CancellationToken cancellationToken)
    {
        if (Missing(kinds) is not { Count: > 0 } missing) return;
        if (!install) throw new LocalClusterException(Describe(missing));
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/apt-get"))
            throw new LocalClusterException($"{Describe(missing)} Installing them needs root and apt-get, that is Debian or a relative.");

        await using (await AcquireLockAsync(cancellationToken).ConfigureAwait(false))
        {
            // Another process may have installed them while we waited.
            missing = Missing(kinds);
            if (missing.Count > 0)
                await InstallAsync([.. missing.SelectMany(kind => kind.Packages).Distinct()], cancellationToken).ConfigureAwait(false);
        }

        missing = Missing(kinds);
        if (missing.Count > 0) throw new LocalClusterException($"Installed, but still: {Describe(missing)}");
    }

    private static List<ServerKind> Missing(IEnumerable<ServerKind> kinds) => [.. kinds.Where(kind => kind.MissingBinaries().Count > 0)];

    private static string Describe(IEnumerable<ServerKind> kinds) => string.Join(' ', kinds.Select(kind =>
        $"{kind.Name} is not installed ({string.Join(", ", kind.MissingBinaries())} not found). It is in the Debian package " +
        $"{string.Join(", ", kind.Packages)}: install it, or set LocalClusterOptions.InstallMissingServers and run as root."));

    private async Task InstallAsync(IReadOnlyCollection<string> packages, CancellationToken cancellationToken)
    {
        progress($"Installing the Debian packages {string.Join(", ", packages)}");
        // Debian starts a service when its package is configured; this file, Debian's own means, says no.
        var guarded = !File.Exists(PolicyFile);
        if (guarded)
        {
            await File.WriteAllTextAsync(PolicyFile, "#!/bin/sh\nexit 101\n", cancellationToken).ConfigureAwait(false);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(PolicyFile, (UnixFileMode)0b111_101_101);
        }

        try
        {
            await AptAsync(["update"], cancellationToken).ConfigureAwait(false);
            // --no-upgrade: an upgrade under a running server breaks its next load of a shared library, quietly.
            await AptAsync(["-y", "--no-install-recommends", "--no-upgrade", "install", .. packages], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (guarded) File.Delete(PolicyFile);
        }
    }

    // Two installers at once would see each other's guard and remove it under each other.
    private static async Task<FileStream> AcquireLockAsync(CancellationToken cancellationToken)
    {
        FileStream? held = null;
        await Poll.UntilAsync(
            () =>
            {
                try
                {
                    held = new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            "another installation ends",
            LockTimeout,
            details: null,
            cancellationToken).ConfigureAwait(false);
        return held!;
    }

    private static async Task AptAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string[] common = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"];
        var start = new ProcessStartInfo("apt-get", [.. common, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        // Cancelling stops the waiting, not apt-get: a half-configured package is worse than a late one.
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new LocalClusterException(
                $"'apt-get {string.Join(' ', arguments)}' ended with status {process.ExitCode}. {await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}");
        }
    }
}

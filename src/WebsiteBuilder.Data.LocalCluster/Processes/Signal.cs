using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>The signals that the fault verbs send; the numbers are the kernel's.</summary>
internal enum Signal
{
    None = 0,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Continue = 18,
    Stop = 19,
}

internal static partial class Signals
{
    /// <summary>Sends a signal; a process that has ended meanwhile is no error.</summary>
    public static void Send(int pid, Signal signal) => _ = Kill(pid, (int)signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}

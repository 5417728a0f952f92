using System.Runtime.InteropServices;
using BenchmarkDotNet.Running;
using WebsiteBuilder.Data;
using WebsiteBuilder.Data.Benchmarks;
using WebsiteBuilder.Data.Benchmarks.Breakdown;
using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Latency;
using WebsiteBuilder.Data.Benchmarks.Scale;
using WebsiteBuilder.Data.Benchmarks.Soak;
using WebsiteBuilder.Data.Benchmarks.Startup;
using WebsiteBuilder.Data.Clusters;

using var stop = new CancellationTokenSource();
if (args is not ["compare" or "breakdown" or "latency" or ScaleRun.Command or SoakRun.Command or ColdProcess.Command, .. var rest])
{
    BenchmarkSwitcher.FromAssembly(typeof(Screen).Assembly).Run(args);
    return ExitCodes.Good;
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return args[0] switch
    {
        "compare" => await CompareRun.RunAsync(rest, stop.Token),
        SoakRun.Command => await SoakRun.RunAsync(rest, stop.Token),
        ScaleRun.Command => await ScaleRun.RunAsync(rest, stop.Token),
        ColdProcess.Command => await ColdSide.RunAsync(stop.Token),
        "breakdown" => await BreakdownRun.RunAsync(rest, stop.Token),
        _ => await LatencyRun.RunAsync(rest, stop.Token),
    };
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Interrupted. Everything that was started is down again.");
    return ExitCodes.Interrupted;
}
catch (Exception exception) when (exception is LocalClusterException or DataTierException or PlatformNotSupportedException)
{
    Console.Error.WriteLine($"The run ended early: {exception.Message}");
    return ExitCodes.TargetMissed;
}

// The first signal winds the run down; a second one is not waited for, and the cluster's supervisor cleans up all the same.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

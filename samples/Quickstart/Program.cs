using System.Runtime.InteropServices;
using WebsiteBuilder.Data;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Samples.Quickstart;
using WebsiteBuilder.Data.Samples.Quickstart.Chapters;

if (!Arguments.TryParse(args, out var arguments, out var problem))
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine(Arguments.Usage);
    return ExitCodes.Usage;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var screen = new Screen();
var report = new Report(TimeProvider.System);
try
{
    await using (var stage = await Setup.RunAsync(screen, report, stop.Token))
    {
        await Everywhere.RunAsync(stage, screen, report, stop.Token);
        await LocalReads.RunAsync(stage, screen, report, stop.Token);
        await Explained.RunAsync(stage, screen, report, stop.Token);
        await PausedReplica.RunAsync(stage, screen, report, stop.Token);
        await KilledReplica.RunAsync(stage, screen, report, stop.Token);
        await TwoRegions.RunAsync(stage, screen, report, stop.Token);
        await KilledPrimary.RunAsync(stage, screen, report, stop.Token);
    }

    Summary.Print(screen, report);
    if (arguments.JsonFile is { } file)
    {
        await JsonReport.WriteAsync(file, report.Findings, stop.Token);
    }

    return report.AllGood ? ExitCodes.Good : ExitCodes.CheckFailed;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Interrupted. Everything that was started is down again.");
    return ExitCodes.Interrupted;
}
catch (Exception exception) when (exception is LocalClusterException or DataTierException or PlatformNotSupportedException or TimeoutException)
{
    Console.Error.WriteLine($"The tour ended early: {exception.Message}");
    return ExitCodes.CheckFailed;
}

// The first signal winds the tour down; a second one is not waited for, and the cluster's supervisor cleans up all the same.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>How long one step of the start took.</summary>
/// <param name="Step">The step's name, as <see cref="LocalClusterOptions.Progress"/> was told.</param>
/// <param name="Duration">Wall-clock time.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct StepTiming(string Step, TimeSpan Duration);

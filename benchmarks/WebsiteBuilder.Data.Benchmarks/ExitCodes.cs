namespace WebsiteBuilder.Data.Benchmarks;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCodes
{
    public const int Good = 0;
    public const int TargetMissed = 1;
    public const int Usage = 2;
    public const int Interrupted = 130;
}

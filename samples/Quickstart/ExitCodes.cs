namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCodes
{
    public const int Good = 0;
    public const int CheckFailed = 1;
    public const int Usage = 2;
    public const int Interrupted = 130;
}

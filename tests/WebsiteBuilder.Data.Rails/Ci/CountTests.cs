using System.Diagnostics;

namespace WebsiteBuilder.Data.Rails.Ci;

/// <summary>The sum that the checks end with, over recorded output.</summary>
public class CountTests
{
    [Theory]
    [InlineData("passed.log", "1240 passed, 0 failed, 1 skipped", true)]
    [InlineData("failed.log", "45 passed, 2 failed", false)]
    [InlineData("skipped.log", "0 passed, 0 failed, 3 skipped", false)]
    [InlineData("build-failed.log", "0 passed, 0 failed", false)]
    public async Task Closing_lines_are_summed_and_judged(string log, string line, bool good)
    {
        using var process = Process.Start(new ProcessStartInfo(SourceTree.PathOf(".ci", "count-tests"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        await process.StandardInput.WriteAsync(
            await File.ReadAllTextAsync(SourceTree.PathOf("tests", "WebsiteBuilder.Data.Rails", "Ci", log)));
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(line + "\n", output);
        Assert.Equal(good, process.ExitCode == 0);
    }
}

using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>The decisions by themselves.</summary>
public class DecisionTests
{
    private static readonly OperationRows Plain = new(new Guid(1, 0, 0, new byte[8]), null);
    private static readonly OperationRows Keyed = Plain with { Key = new KeyedOperation(new Guid(2, 0, 0, new byte[8]), new Guid(3, 0, 0, new byte[8])) };

    [Theory]
    [InlineData("Interrupted", WriteDisposition.Ambiguous, "Fail", "Resolve", "Resolve")]
    [InlineData("Unknown", WriteDisposition.Ambiguous, "Fail", "Resolve", "Resolve")]
    [InlineData("Cancelled", WriteDisposition.Ambiguous, "Fail", "Resolve", "Resolve")]
    [InlineData("Rejected", WriteDisposition.Applied, "Fail", "Resolve", "Resolve")]
    [InlineData("Rejected", WriteDisposition.NotApplied, "Fail", "Fail", "Fail")]
    [InlineData("Throttled", WriteDisposition.NotApplied, "Fail", "Fail", "Fail")]
    [InlineData("Timeout", WriteDisposition.NotApplied, "Fail", "Fail", "Fail")]
    [InlineData("WrongRole", WriteDisposition.NotApplied, "SendAgain", "SendAgain", "SendAgain")]
    [InlineData("WrongRole", WriteDisposition.Applied, "Fail", "Resolve", "Resolve")]
    [InlineData("Unreachable", WriteDisposition.NotApplied, "SendAgain", "SendAgain", "SendAgain")]
    [InlineData("Conflict", WriteDisposition.NotApplied, "Fail", "Fail", "LookUp")]
    [InlineData("OperationKnown", WriteDisposition.NotApplied, "Resolve", "Resolve", "LookUp")]
    public void What_to_do_about_a_failed_attempt(string kind, WriteDisposition disposition, string bare, string plain, string keyed)
    {
        var fault = new StoreFaultException(Enum.Parse<StoreFaultKind>(kind), disposition, "");

        Assert.Equal(
            (bare, plain, keyed),
            (AfterFaults.Decide(fault, null).ToString(), AfterFaults.Decide(fault, Plain).ToString(), AfterFaults.Decide(fault, Keyed).ToString()));
    }

    [Theory]
    [InlineData("None", false, "Nothing")]
    [InlineData("Applied", false, "Applied")]
    [InlineData("NotFound", false, "Refused")]
    [InlineData("VersionMismatch", false, "Refused")]
    [InlineData("Abandoned", false, "NeverApplied")]
    [InlineData("None", true, "Nothing")]
    [InlineData("Applied", true, "KeyReused")]
    [InlineData("NotFound", true, "KeyReused")]
    public void What_a_row_means(string outcome, bool otherRequest, string verdict)
    {
        var request = Keyed.Key!.Value.Request;
        var stored = new StoredOperation(Enum.Parse<OperationOutcome>(outcome), 3, otherRequest ? Guid.Empty : request, 8, WriteDurability.Local);

        Assert.Equal(verdict, OperationVerdicts.Of(stored, request).ToString());
        Assert.Equal(otherRequest ? verdict : OperationVerdicts.Of(stored with { Request = null }, null).ToString(), verdict);
    }

    [Fact]
    public void Pauses_double_and_the_reserve_is_a_quarter_and_a_second_at_most()
    {
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 100, 100], Enumerable.Range(0, 9).Select(static i => AttemptPolicy.PauseAfter(i).TotalMilliseconds));
        Assert.Equal(TimeSpan.FromSeconds(0.5), AttemptPolicy.ReserveOf(TimeSpan.FromSeconds(2)));
        Assert.Equal(TimeSpan.FromSeconds(1), AttemptPolicy.ReserveOf(TimeSpan.FromHours(1)));
    }
}

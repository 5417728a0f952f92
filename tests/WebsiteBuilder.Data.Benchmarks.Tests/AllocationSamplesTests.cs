using WebsiteBuilder.Data.Benchmarks.Breakdown;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class AllocationSamplesTests
{
    [Theory]
    [InlineData("System.String", "String")]
    [InlineData("Npgsql.NpgsqlBatchCommand[]", "NpgsqlBatchCommand[]")]
    [InlineData("System.Collections.Generic.List`1[Npgsql.NpgsqlBatchCommand]", "List`1")]
    [InlineData("AsyncStateMachineBox`1[System.Boolean,Npgsql.NpgsqlDataReader+<NextResult>d__52]", "waiting: NpgsqlDataReader.NextResult")]
    [InlineData("AsyncStateMachineBox`1[A.B`1[C.D],E.F.Runtime+<WithinAsync>d__21`2[A.B`1[C.D],G.H]]", "waiting: Runtime.WithinAsync")]
    [InlineData("AsyncStateMachineBox`1[System.Int32,A.Library+<>c__DisplayClass1_1+<<FindAsync>b__1>d]", "waiting: Library.FindAsync")]
    public void Types_read_as_people_say_them(string type, string readable) => Assert.Equal(readable, AllocationSamples.Readable(type));
}

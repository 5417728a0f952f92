namespace WebsiteBuilder.Data.Tests.Connections;

public class StoresWithoutSqlTests
{
    [Theory]
    [InlineData(OperationIntent.Read)]
    [InlineData(OperationIntent.Write)]
    public void A_store_in_memory_has_no_SQL_connections_and_says_so(OperationIntent intent)
    {
        using var world = new World();
        var session = world.Client().OpenSession();

        var refused = Assert.Throws<NotSupportedException>(() => session.CreateDataSource("emea", intent));

        Assert.Contains("use repositories", refused.Message, StringComparison.Ordinal);
    }
}

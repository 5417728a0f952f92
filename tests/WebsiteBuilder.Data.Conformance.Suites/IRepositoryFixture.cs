namespace WebsiteBuilder.Data.Conformance;

/// <summary>A data tier to run the suite against. One for all tests of a class; tests use keys and values of their own, so what others left doesn't matter.</summary>
public interface IRepositoryFixture
{
    /// <summary>A territory that the tier holds.</summary>
    Territory Home { get; }

    /// <summary>Another territory of the same shard.</summary>
    Territory Neighbour { get; }

    /// <summary>A territory that another shard holds, or the same where there is only one.</summary>
    Territory Abroad { get; }

    /// <summary>A client that knows <see cref="UserMap"/> and <see cref="SampleMap"/>, and is ready to write.</summary>
    Task<IDataClient> CreateClientAsync();

    /// <summary>The test is done with a client.</summary>
    Task ReleaseClientAsync(IDataClient client);
}

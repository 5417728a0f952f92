using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// A batch's answers, read with or without blocking: ADO.NET has both, and the library's own questions on a user's connection must follow
/// suit. Without <c>async</c> every member has completed when it returns.
/// </summary>
internal readonly struct Answers : IAsyncDisposable
{
    private readonly bool _async;
    private readonly CancellationToken _cancellationToken;

    private Answers(NpgsqlDataReader reader, bool async, CancellationToken cancellationToken)
    {
        Reader = reader;
        _async = async;
        _cancellationToken = cancellationToken;
    }

    public NpgsqlDataReader Reader { get; }

    public static async ValueTask<Answers> AskAsync(NpgsqlBatch batch, bool async, CancellationToken cancellationToken) =>
#pragma warning disable VSTHRD103 // The other half is for those who asked to block.
        new(
            async ? await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false) : batch.ExecuteReader(),
            async,
            cancellationToken);
#pragma warning restore VSTHRD103

    public ValueTask<bool> ReadAsync() => _async ? new(Reader.ReadAsync(_cancellationToken)) : new(Reader.Read());

    public ValueTask<bool> NextResultAsync() => _async ? new(Reader.NextResultAsync(_cancellationToken)) : new(Reader.NextResult());

    public ValueTask DisposeAsync()
    {
        if (_async)
        {
            return Reader.DisposeAsync();
        }

        Reader.Dispose();
        return ValueTask.CompletedTask;
    }
}

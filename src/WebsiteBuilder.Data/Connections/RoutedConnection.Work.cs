using System.Data;
using System.Data.Common;
using WebsiteBuilder.Data.Connections;

namespace WebsiteBuilder.Data;

/// <content>What an open connection does: commands, batches, transactions, schemas.</content>
public sealed partial class RoutedConnection
{
    /// <summary>What the driver says of the database.</summary>
    /// <exception cref="InvalidOperationException">The connection isn't open.</exception>
    public override DataTable GetSchema() => Lane.Connection.GetSchema();

    /// <inheritdoc cref="GetSchema()"/>
    public override DataTable GetSchema(string collectionName) => Lane.Connection.GetSchema(collectionName);

    /// <inheritdoc cref="GetSchema()"/>
    public override DataTable GetSchema(string collectionName, string?[] restrictionValues) =>
        Lane.Connection.GetSchema(collectionName, restrictionValues);

    /// <inheritdoc cref="GetSchema()"/>
    public override Task<DataTable> GetSchemaAsync(CancellationToken cancellationToken = default) => Lane.Connection.GetSchemaAsync(cancellationToken);

    /// <inheritdoc cref="GetSchema()"/>
    public override Task<DataTable> GetSchemaAsync(string collectionName, CancellationToken cancellationToken = default) =>
        Lane.Connection.GetSchemaAsync(collectionName, cancellationToken);

    /// <inheritdoc cref="GetSchema()"/>
    public override Task<DataTable> GetSchemaAsync(
        string collectionName, string?[] restrictionValues, CancellationToken cancellationToken = default) =>
        Lane.Connection.GetSchemaAsync(collectionName, restrictionValues, cancellationToken);

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => new RoutedCommand(_source.Provider.CreateCommand()!) { Connection = this };

    /// <inheritdoc/>
    protected override DbBatch CreateDbBatch() => new RoutedBatch(_source.Provider.CreateBatch()) { Connection = this };

    /// <summary>Begins a transaction at READ COMMITTED, or the level that is given. The server hears of it with the first statement.</summary>
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) =>
        _transaction = new RoutedTransaction(this, Lane.Connection.BeginTransaction(isolationLevel));

    /// <inheritdoc cref="BeginDbTransaction"/>
    protected override async ValueTask<DbTransaction> BeginDbTransactionAsync(IsolationLevel isolationLevel, CancellationToken cancellationToken) =>
        _transaction = new RoutedTransaction(
            this, await Lane.Connection.BeginTransactionAsync(isolationLevel, cancellationToken).ConfigureAwait(false));
}

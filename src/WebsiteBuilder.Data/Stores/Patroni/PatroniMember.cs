namespace WebsiteBuilder.Data.Stores.Patroni;

/// <summary>
/// One member of a Patroni cluster, asked over its REST API with <c>GET /cluster</c>. No redirects, proxies, cookies or credentials; TLS as the platform trusts it; a connection lasts for a minute
/// at most, so that a name that leads elsewhere is followed.
/// </summary>
internal sealed class PatroniMember : IEngineMember
{
    private readonly HttpClient _http;
    private readonly Uri _cluster;

    public PatroniMember(Uri address)
    {
        Address = $"{address.Host}:{address.Port}";
        _cluster = new Uri(address, "/cluster");
        _http = new HttpClient(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 2,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            UseCookies = false,
            UseProxy = false,
        })
        {
            MaxResponseContentBufferSize = PatroniAnswer.MaxBytes,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public string Address { get; }

    public async Task<EngineView?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return PatroniAnswer.Read(await _http.GetByteArrayAsync(_cluster, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}

using System.Net;

namespace WebsiteBuilder.Data.Samples.WebApi.Tests;

public sealed class SessionOverHttpTests : IAsyncLifetime
{
    private readonly Hosts _hosts = new();
    private readonly Guid _ada = Guid.NewGuid();

    public Task InitializeAsync() => _hosts.InitializeAsync();

    public Task DisposeAsync() => _hosts.DisposeAsync();

    [Fact]
    public async Task What_was_written_at_one_host_is_read_at_another_whose_replica_lags()
    {
        _hosts.Database["eu"].PauseReplay();
        var written = await _hosts.America.StoreAsync(_ada, "ada@example.org");
        Assert.Equal(HttpStatusCode.Created, written.StatusCode);

        var read = await _hosts.Europe.ShowAsync(_ada, written.Token());

        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal("ada@example.org", await read.FieldAsync("email"));
        Assert.Equal("us", await read.FieldAsync("endpoint"));

        // It was the token that made the difference.
        Assert.Equal(HttpStatusCode.NotFound, (await _hosts.Europe.ShowAsync(_ada)).StatusCode);
    }

    [Fact]
    public async Task What_was_read_at_the_primary_is_not_taken_back_by_a_replica()
    {
        await _hosts.America.StoreAsync(_ada, "ada@example.org");
        _hosts.Database["eu"].PauseReplay();
        await _hosts.America.StoreAsync(_ada, "countess@example.org");
        var seen = await _hosts.America.ShowAsync(_ada, level: "Strong");

        var again = await _hosts.Europe.ShowAsync(_ada, seen.Token());

        Assert.Equal("countess@example.org", await again.FieldAsync("email"));
    }

    [Fact]
    public async Task A_replica_that_has_it_all_answers_nearby()
    {
        var written = await _hosts.America.StoreAsync(_ada, "ada@example.org");
        string? endpoint = null;
        for (var token = written.Token(); endpoint != "eu";)
        {
            // The first reads may go to the primary, until the replica is seen to have caught up.
            var read = await _hosts.Europe.ShowAsync(_ada, token);
            Assert.Equal("ada@example.org", await read.FieldAsync("email"));
            endpoint = await read.FieldAsync("endpoint");
        }
    }

    [Theory]
    [InlineData("not a token")]
    [InlineData("AQ")]
    [InlineData("////")]
    public async Task A_malformed_token_is_a_bad_request(string token)
    {
        var answer = await _hosts.Europe.ShowAsync(_ada, token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(SessionOverHttp.Header, await answer.FieldAsync("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AQEBKgAAAIm2urMt")] // a history that nobody knows
    [InlineData("AQEF_____4m2urMt")]
    public async Task A_forged_token_is_a_bad_request(string token)
    {
        var answer = await _hosts.Europe.ShowAsync(_ada, token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Forged session token", await answer.FieldAsync("title"));
    }

    [Fact]
    public async Task A_site_that_signs_refuses_what_it_didn_t_give_out()
    {
        string[] settings =
        [
            "--Data:SessionTokens:Keys:1=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "--Data:SessionTokens:CurrentKeyId=1", "--Data:SessionTokens:RequireSignature=true",
        ];
        var (america, europe) = (await _hosts.StartAsync("us-east-1", settings), await _hosts.StartAsync("eu-west-1", settings));
        var written = await america.StoreAsync(_ada, "ada@example.org");
        var unsigned = await _hosts.America.StoreAsync(_ada, "eve@example.org");

        Assert.Equal(HttpStatusCode.OK, (await europe.ShowAsync(_ada, written.Token())).StatusCode);
        var refused = await europe.ShowAsync(_ada, unsigned.Token());
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("Forged session token", await refused.FieldAsync("title"));
    }

    [Fact]
    public async Task Lost_history_is_a_conflict_that_brings_the_remaining_token()
    {
        await _hosts.America.StoreAsync(_ada, "ada@example.org");
        _hosts.Database["eu"].StopReceiving();
        var written = await _hosts.America.StoreAsync(_ada, "countess@example.org");
        _hosts.Database["us"].Kill();
        _hosts.Database.Promote("eu");
        var afterwards = await _hosts.StartAsync("eu-west-1");

        var lost = await afterwards.ShowAsync(_ada, written.Token());

        Assert.Equal(HttpStatusCode.Conflict, lost.StatusCode);
        Assert.Equal("Earlier changes lost", await lost.FieldAsync("title"));
        Assert.Equal(lost.Token(), await lost.FieldAsync("remaining"));
        Assert.NotEqual(written.Token(), lost.Token());
        var goesOn = await afterwards.ShowAsync(_ada, lost.Token());
        Assert.Equal(HttpStatusCode.OK, goesOn.StatusCode);
    }
}

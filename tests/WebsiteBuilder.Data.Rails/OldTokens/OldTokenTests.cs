using System.Globalization;
using System.Text.Json;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Rails.OldTokens;

/// <summary>
/// Tokens live in cookies and queues longer than the version that wrote them. Texts of each version, with their meaning, must be read as
/// exactly that for ever; lines are added to these files and never changed.
/// </summary>
public class OldTokenTests
{
    private static readonly OldToken[] Tokens = Read("v1.json");
    private static readonly OldToken[] SignedTokens = Read("v2.json");

    public static TheoryData<string> Names => new(Tokens.Select(static token => token.Name));

    public static TheoryData<string> SignedNames => new(SignedTokens.Select(static token => token.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_old_token_still_means_the_same(string name)
    {
        var old = Tokens.Single(token => token.Name == name);

        Assert.Equal(old.Meaning(), SessionToken.Parse(old.Text));
    }

    [Theory]
    [MemberData(nameof(SignedNames))]
    public void An_old_signature_is_still_good(string name)
    {
        var old = SignedTokens.Single(token => token.Name == name);
        var keys = new TokenKeys([KeyValuePair.Create(old.Key, Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray())], old.Key, required: true);

        var read = keys.Admit(SessionToken.Parse(old.Text));

        Assert.Equal(old.Meaning(), read);
        Assert.Equal(old.Text, read.ToString());
    }

    [Fact]
    public void The_file_has_tokens_of_every_store()
    {
        Assert.True(Tokens.Length >= 13);
        Assert.Equal(
            [StoreKind.PostgreSql, StoreKind.MongoDb, StoreKind.InfluxDb, StoreKind.Redis],
            Tokens.SelectMany(static token => token.Floors).Select(static floor => Enum.Parse<StoreKind>(floor.Store)).Distinct().Order());
    }

    private static OldToken[] Read(string file) => JsonSerializer.Deserialize<OldToken[]>(
        File.ReadAllText(SourceTree.PathOf("tests", "WebsiteBuilder.Data.Rails", "OldTokens", file)), JsonSerializerOptions.Web)!;

    private sealed record OldToken(string Name, string Text, OldFloor[] Floors, byte Key)
    {
        public SessionToken Meaning() => new([.. Floors.Select(static floor => floor.Meaning())]);
    }

    private sealed record OldFloor(string Store, int Shard, string History, ulong Floor, ulong ReadFloor, Dictionary<string, ulong>? Writes)
    {
        public SessionFloor Meaning() => new(
            new ShardId(Enum.Parse<StoreKind>(Store), Shard), new HistoryId(Hex(History)), Floor, ReadFloor,
            [.. (Writes ?? []).Select(static write => new KeyWrite(Hex(write.Key), write.Value)).OrderBy(static write => write.KeyHash)]);

        private static uint Hex(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}

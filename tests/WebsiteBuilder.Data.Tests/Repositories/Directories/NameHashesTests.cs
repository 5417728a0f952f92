using System.Security.Cryptography;
using System.Text;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Tests.Repositories.Directories;

/// <summary>What is stored of a name.</summary>
public class NameHashesTests
{
    private static readonly byte[] Old = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];
    private static readonly byte[] New = [.. Enumerable.Range(100, 32).Select(static i => (byte)i)];

    [Fact]
    public void The_hash_is_stored_and_must_never_change()
    {
        var key = Assert.Single(new NameHashes([new(3, Old)]).Of(DirectoryName.Email("Ada@Example.org")));
        var expected = HMACSHA256.HashData(Old, Encoding.UTF8.GetBytes("wbd.directory/1\n1\nada@example.org"));

        Assert.Equal((1, 3), (key.Kind, key.KeyId));
        Assert.Equal(Convert.ToBase64String(expected).TrimEnd('=').Replace('+', '-').Replace('/', '_'), key.Hash);
    }

    [Fact]
    public void A_name_has_a_hash_under_each_key_the_newest_first()
    {
        var keys = new NameHashes([new(1, Old), new(2, New)]).Of(DirectoryName.Username("ada"));

        Assert.Equal([2, 1], keys.Select(static key => (int)key.KeyId));
        Assert.Equal(new NameHashes([new(1, Old)]).Of(DirectoryName.Username("ada"))[0], keys[1]);
        Assert.NotEqual(keys[0].Hash, keys[1].Hash);
    }

    [Fact]
    public void Kinds_don_t_meet()
    {
        var hashes = new NameHashes([new(1, Old)]);
        Assert.NotEqual(hashes.Of(DirectoryName.Username("example.org"))[0].Hash, hashes.Of(DirectoryName.DomainName("example.org"))[0].Hash);
    }
}

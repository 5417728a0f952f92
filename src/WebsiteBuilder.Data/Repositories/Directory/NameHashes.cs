using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Hashes names under each configured key. Immutable and thread-safe.</summary>
internal sealed class NameHashes
{
    // Says what is hashed, and in which form: whoever changes the form changes the name, and needs new keys.
    private const string Form = "wbd.directory/1";

    private readonly (short Id, byte[] Secret)[] _keys;

    /// <param name="keys">The secrets; newer ones have higher numbers, as a rule, and come first.</param>
    public NameHashes(IEnumerable<KeyValuePair<int, byte[]>> keys) =>
        _keys = [.. keys.OrderByDescending(static key => key.Key).Select(static key => ((short)key.Key, key.Value))];

    public bool HasKey(int id) => Array.Exists(_keys, key => key.Id == id);

    /// <summary>The name's keys in the directory.</summary>
    public IReadOnlyList<DirectoryEntryKey> Of(DirectoryName name)
    {
        var text = Encoding.UTF8.GetBytes($"{Form}\n{(int)name.Kind}\n{name.Canonical}");
        return [.. _keys.Select(key => new DirectoryEntryKey((short)name.Kind, key.Id, Base64Url.EncodeToString(HMACSHA256.HashData(key.Secret, text))))];
    }
}

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Durability in the server's words.</summary>
internal static class SynchronousCommit
{
    public static string Name(WriteDurability durability) => durability switch
    {
        WriteDurability.Off => "off",
        WriteDurability.Local => "local",
        WriteDurability.RemoteWrite => "remote_write",
        WriteDurability.RemoteApply => "remote_apply",
        _ => "on",
    };

    /// <summary>What a setting of the server means. Users may change it.</summary>
    public static WriteDurability Parse(string name) => name switch
    {
        "off" => WriteDurability.Off,
        "local" => WriteDurability.Local,
        "remote_write" => WriteDurability.RemoteWrite,
        "remote_apply" => WriteDurability.RemoteApply,
        _ => WriteDurability.RemoteFlush,
    };
}

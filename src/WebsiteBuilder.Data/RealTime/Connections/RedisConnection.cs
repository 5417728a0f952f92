using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>A user's connection, and who holds it.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="Process">The process that holds it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RedisConnection(string ConnectionId, string Process);

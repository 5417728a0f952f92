namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What came over the connection isn't the protocol, or exceeds a limit. Nothing that follows can be understood.</summary>
internal sealed class RespFormatException(string message) : Exception(message);

using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>A message that a consumer has been given.</summary>
/// <param name="Id">What the queue calls it; ids grow in the order of adding.</param>
/// <param name="Payload">What was added.</param>
/// <param name="Deliveries">How often it was given to consumers, this time included: above 1 somebody may have done its work already.</param>
public sealed record RedisQueueMessage(string Id, ReadOnlyMemory<byte> Payload, int Deliveries);

/// <summary>How a queue is doing.</summary>
/// <param name="Length">How many messages it holds.</param>
/// <param name="Taken">How many of them consumers have.</param>
/// <param name="Dead">How many dead letters are kept.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RedisQueueState(long Length, long Taken, long Dead);

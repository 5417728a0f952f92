namespace WebsiteBuilder.Data.Stores;

/// <summary>Turns a channel's fault into the error that an operation fails with.</summary>
internal static class RedisErrors
{
    /// <param name="fault">The channel's.</param>
    /// <param name="operation">Such as <c>presence.list</c>.</param>
    /// <param name="region">Where the channel leads.</param>
    /// <param name="attempts">How often it was tried.</param>
    public static DataTierException Of(RedisFaultException fault, string operation, RegionId region, int attempts = 1)
    {
        var (disposition, transient) = (fault.Disposition, fault.IsTransient);
        if (disposition == WriteDisposition.Ambiguous)
        {
            return new AmbiguousWriteException("It is unknown whether Redis applied the operation.", fault)
            {
                Operation = operation,
                Region = region,
                Attempts = attempts,
                IsTransient = transient,
            };
        }

        return fault.Kind switch
        {
            RedisFaultKind.Throttled => new ThrottledException("A limit was reached on the way to Redis.", fault)
            {
                Operation = operation,
                Region = region,
                Attempts = attempts,
                IsTransient = true,
                Disposition = disposition,
            },
            RedisFaultKind.Timeout => new DeadlineExceededException("Redis didn't answer in time.", fault)
            {
                Operation = operation,
                Region = region,
                Attempts = attempts,
                IsTransient = true,
                Disposition = disposition,
            },
            _ => new StoreFailureException(fault.Message, fault)
            {
                Operation = operation,
                Region = region,
                Attempts = attempts,
                IsTransient = transient,
                Disposition = disposition,
                Code = fault.Code,
            },
        };
    }
}

using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>A session whose token keys and values go into.</summary>
internal interface ISessionOwner
{
    SessionState State { get; }
}

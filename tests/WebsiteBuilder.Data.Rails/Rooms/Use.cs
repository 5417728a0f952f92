using System.Reflection;

namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>One place where code mentions a type, and the member of it that is called or read, if any.</summary>
/// <param name="From">The type whose code it is: the outermost one, so that closures and state machines count as their author's code.</param>
/// <param name="Place">The member whose code it is.</param>
/// <param name="Target">The type that is used.</param>
/// <param name="Member">The member that is used, if the use is of a member.</param>
internal sealed record Use(Type From, string Place, Type Target, MemberInfo? Member)
{
    public string Used => Member is null ? Name(Target) : $"{Name(Target)}.{Member.Name}";

    public override string ToString() => $"{Name(From)}.{Place} uses {Used}";

    private static string Name(Type type) => type.FullName ?? type.Name;
}

using System.Reflection;
using System.Text;

namespace WebsiteBuilder.Data.Rails.PublicApi;

/// <summary>
/// All that users of an assembly can see, one line per type or member, in an order that depends on names only. What the compiler makes
/// of a record is not repeated: "record" says it.
/// </summary>
internal static class ApiListing
{
    public static string Of(IEnumerable<Type> exported)
    {
        var listing = new StringBuilder();
        foreach (var space in exported.GroupBy(static type => type.Namespace ?? "", StringComparer.Ordinal).OrderBy(static space => space.Key, StringComparer.Ordinal))
        {
            listing.Append("namespace ").Append(space.Key).Append('\n');
            foreach (var type in space.OrderBy(static type => type.FullName, StringComparer.Ordinal))
            {
                listing.Append('\n').Append(TypeLine.Of(type)).Append('\n');
                foreach (var member in Members(type))
                {
                    listing.Append("    ").Append(member).Append('\n');
                }
            }

            listing.Append('\n');
        }

        return listing.ToString().TrimEnd('\n') + "\n";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .OrderBy(static field => Convert.ToDecimal(field.GetRawConstantValue()))
                .Select(static field => $"{field.Name} = {field.GetRawConstantValue()}");
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        return type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Select(MemberLine.Of)
            .OfType<string>()
            .Order(StringComparer.Ordinal);
    }
}

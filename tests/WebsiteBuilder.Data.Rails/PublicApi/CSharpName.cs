using System.Reflection;

namespace WebsiteBuilder.Data.Rails.PublicApi;

/// <summary>Types as a C# reader writes them, with their nullability.</summary>
internal static class CSharpName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(sbyte)] = "sbyte",
        [typeof(byte)] = "byte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying, nullability?.GenericTypeArguments is [var argument] ? argument : null) + "?";
        }

        var mark = nullability?.ReadState == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        }

        if (type.IsGenericParameter)
        {
            // For a parameter that may be anything, reflection can't tell T from T?.
            return type.Name + (TypeLine.IsNeverNull(type) ? mark : "");
        }

        return (Keywords.TryGetValue(type, out var keyword) ? keyword : Composed(type, nullability)) + mark;
    }

    private static string Composed(Type type, NullabilityInfo? nullability)
    {
        var arguments = type.GetGenericArguments();
        var outer = type.DeclaringType is { } declaring && !type.IsGenericParameter ? Plain(declaring) + "." : "";
        var own = type.DeclaringType is { } parent ? arguments[parent.GetGenericArguments().Length..] : arguments;
        if (own.Length == 0)
        {
            return outer + type.Name;
        }

        var offset = arguments.Length - own.Length;
        var names = own.Select((argument, i) =>
            Of(argument, nullability?.GenericTypeArguments is { } inner && inner.Length == arguments.Length ? inner[offset + i] : null));
        return $"{outer}{Plain(type)}<{string.Join(", ", names)}>";
    }

    public static string Plain(Type type) => type.Name.Split('`')[0];
}

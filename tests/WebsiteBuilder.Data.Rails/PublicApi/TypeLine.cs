using System.Reflection;

namespace WebsiteBuilder.Data.Rails.PublicApi;

/// <summary>The line that declares a type.</summary>
internal static class TypeLine
{
    public static string Of(Type type)
    {
        var visibility = type.IsNestedFamily || type.IsNestedFamORAssem ? "protected" : "public";
        if (typeof(Delegate).IsAssignableFrom(type) && type.GetMethod("Invoke") is { } invoke)
        {
            return $"{Marks(type)}{visibility} delegate {MemberLine.Returned(invoke)} {CSharpName.Of(type)}({MemberLine.Parameters(invoke)}){Constraints(type.GetGenericArguments())}";
        }

        return $"{Marks(type)}{visibility} {Kind(type)} {CSharpName.Of(type)}{Bases(type)}{Constraints(type.GetGenericArguments())}";
    }

    public static string Marks(MemberInfo member)
    {
        var marks = member.IsDefined(typeof(FlagsAttribute), inherit: false) ? "[Flags] " : "";
        return member.GetCustomAttribute<ObsoleteAttribute>(inherit: false) is { } obsolete && !IsCompilersOwn(obsolete) ? $"{marks}[Obsolete] " : marks;
    }

    public static string Constraints(Type[] parameters) =>
        string.Concat(parameters.Where(static parameter => parameter.IsGenericParameter).Select(Constraint));

    /// <summary>Whether a type parameter stands for types without null only.</summary>
    public static bool IsNeverNull(Type parameter)
    {
        const byte NotNull = 1;
        for (MemberInfo? scope = parameter; scope is not null; scope = scope == parameter ? (MemberInfo?)parameter.DeclaringMethod ?? parameter.DeclaringType : scope.DeclaringType)
        {
            var name = scope == parameter ? "NullableAttribute" : "NullableContextAttribute";
            if (scope.CustomAttributes.FirstOrDefault(attribute => attribute.AttributeType.Name == name) is { } annotated)
            {
                return annotated.ConstructorArguments is [{ Value: NotNull }];
            }
        }

        return false;
    }

    // The compiler marks ref structs and required members obsolete, to keep older compilers away.
    private static bool IsCompilersOwn(ObsoleteAttribute obsolete) =>
        obsolete.Message?.StartsWith("Types with embedded references", StringComparison.Ordinal) == true
        || obsolete.Message?.StartsWith("Constructors of types with required", StringComparison.Ordinal) == true;

    private static string Kind(Type type)
    {
        if (type.IsInterface)
        {
            return "interface";
        }

        if (type.IsEnum)
        {
            return "enum";
        }

        // PrintMembers is in every record, of classes and of structs.
        var record = type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is null ? "" : "record ";
        if (type.IsValueType)
        {
            var isReadOnly = type.IsDefined(typeof(System.Runtime.CompilerServices.IsReadOnlyAttribute), inherit: false) ? "readonly " : "";
            return $"{isReadOnly}{(type.IsByRefLike ? "ref " : "")}{record}struct";
        }

        var openness = (type.IsAbstract, type.IsSealed) switch
        {
            (true, true) => "static ",
            (true, false) => "abstract ",
            (false, true) => "sealed ",
            _ => "",
        };
        return $"{openness}{record}class";
    }

    private static string Bases(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetUnderlyingType(type) == typeof(int) ? "" : $" : {CSharpName.Of(Enum.GetUnderlyingType(type))}";
        }

        var interfaces = type.GetInterfaces();
        var implied = interfaces.SelectMany(static one => one.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []).ToHashSet();
        IEnumerable<string> names = interfaces.Where(one => one.IsVisible && !implied.Contains(one)).Select(static one => CSharpName.Of(one)).Order(StringComparer.Ordinal);
        if (type.BaseType is { } baseType && baseType != typeof(object) && baseType != typeof(ValueType))
        {
            names = names.Prepend(CSharpName.Of(baseType));
        }

        var all = string.Join(", ", names);
        return all.Length == 0 ? "" : $" : {all}";
    }

    private static string Constraint(Type parameter)
    {
        var attributes = parameter.GenericParameterAttributes;
        var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> constraints = [];
        if (isStruct)
        {
            constraints.Add("struct");
        }
        else if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            constraints.Add("class");
        }
        else if (IsNeverNull(parameter) && parameter.GetGenericParameterConstraints().Length == 0)
        {
            constraints.Add("notnull");
        }

        constraints.AddRange(parameter.GetGenericParameterConstraints().Where(static type => type != typeof(ValueType)).Select(static type => CSharpName.Of(type)));
        if (!isStruct && attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
        {
            constraints.Add("new()");
        }

        return constraints.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", constraints)}";
    }
}

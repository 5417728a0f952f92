using System.Reflection;

namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>Finds what the compiled code of some types uses: in signatures, fields, bases, constraints, local variables and instructions.</summary>
/// <remarks>Attributes are not looked at. A type that appears only in the signature of a called member doesn't count as used by the caller.</remarks>
internal static class AssemblyUses
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static List<Use> Of(IEnumerable<Type> types)
    {
        HashSet<Use> uses = [];
        foreach (var type in types)
        {
            var collector = new Collector(Outermost(type), uses);
            Declaration(type, collector);
            foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
            {
                collector.Place = PlaceOf(method, type);
                Signature(method, collector);
                Body(method, type, collector);
            }
        }

        return [.. uses.OrderBy(static use => use.ToString(), StringComparer.Ordinal)];
    }

    public static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type;
    }

    private static void Declaration(Type type, Collector collector)
    {
        collector.Place = type.IsNested ? type.Name : "(declaration)";
        collector.Add(type.BaseType);
        collector.Add(type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []));
        collector.Add(type.GetGenericArguments().SelectMany(static parameter => parameter.GetGenericParameterConstraints()));
        foreach (var field in type.GetFields(Declared))
        {
            collector.Place = field.Name;
            collector.Add(field.FieldType);
        }
    }

    private static void Signature(MethodBase method, Collector collector)
    {
        collector.Add((method as MethodInfo)?.ReturnType);
        collector.Add(method.GetParameters().Select(static parameter => parameter.ParameterType));
        if (method.IsGenericMethodDefinition)
        {
            collector.Add(method.GetGenericArguments().SelectMany(static parameter => parameter.GetGenericParameterConstraints()));
        }
    }

    private static void Body(MethodBase method, Type type, Collector collector)
    {
        if (method.GetMethodBody() is not { } body)
        {
            return;
        }

        collector.Add(body.LocalVariables.Select(static local => local.LocalType));
        collector.Add(body.ExceptionHandlingClauses
            .Where(static clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)
            .Select(static clause => clause.CatchType));
        var typeArguments = type.GetGenericArguments();
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        foreach (var token in Instructions.Tokens(body.GetILAsByteArray()!))
        {
            collector.AddMember(method.Module.ResolveMember(token, typeArguments, methodArguments)!);
        }
    }

    // The body of an async method, an iterator or a lambda lives in a nested type or method of another name.
    private static string PlaceOf(MethodBase method, Type type) => type.IsNested ? $"{type.Name}.{method.Name}" : method.Name;

    private sealed class Collector(Type from, HashSet<Use> uses)
    {
        public string Place { get; set; } = "";

        public void Add(IEnumerable<Type?> types)
        {
            foreach (var type in types)
            {
                Add(type);
            }
        }

        public void Add(Type? type, MemberInfo? member = null)
        {
            while (type is { HasElementType: true })
            {
                type = type.GetElementType();
            }

            if (type is null || type.IsGenericParameter)
            {
                return;
            }

            if (type.IsFunctionPointer)
            {
                Add(type.GetFunctionPointerReturnType());
                Add(type.GetFunctionPointerParameterTypes());
                return;
            }

            foreach (var argument in type.GetGenericArguments())
            {
                Add(argument);
            }

            uses.Add(new Use(from, Place, type.IsGenericType ? type.GetGenericTypeDefinition() : type, member));
        }

        public void AddMember(MemberInfo member)
        {
            if (member is Type type)
            {
                Add(type);
                return;
            }

            Add(member.DeclaringType, member);
            if (member is MethodInfo { IsGenericMethod: true } method)
            {
                Add(method.GetGenericArguments());
            }
        }
    }
}

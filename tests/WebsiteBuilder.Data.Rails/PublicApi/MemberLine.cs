using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace WebsiteBuilder.Data.Rails.PublicApi;

/// <summary>The line that declares a member, or null if users can't see it or a record implies it.</summary>
internal static class MemberLine
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static string? Of(MemberInfo member)
    {
        var line = member switch
        {
            FieldInfo field => Field(field),
            PropertyInfo property => Property(property),
            EventInfo @event => Event(@event),
            ConstructorInfo constructor => Constructor(constructor),
            MethodInfo method => Method(method),
            _ => null,
        };
        return line is null ? null : TypeLine.Marks(member) + line.TrimStart();
    }

    public static string Returned(MethodInfo method)
    {
        var modifier = !method.ReturnType.IsByRef ? ""
            : method.ReturnParameter.IsDefined(typeof(IsReadOnlyAttribute), inherit: false) ? "ref readonly " : "ref ";
        return modifier + CSharpName.Of(method.ReturnType, Nullability.Create(method.ReturnParameter));
    }

    public static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string? Field(FieldInfo field)
    {
        if (!(field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
        {
            return null;
        }

        var type = CSharpName.Of(field.FieldType, Nullability.Create(field));
        var visibility = field.IsPublic ? "public" : "protected";
        return field.IsLiteral
            ? $"{visibility} const {type} {field.Name} = {Literal(field.GetRawConstantValue())}"
            : $"{visibility} {(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string? Property(PropertyInfo property)
    {
        var getter = property.GetMethod is { } get && IsVisible(get) ? get : null;
        var setter = property.SetMethod is { } set && IsVisible(set) ? set : null;
        if ((getter ?? setter) is not { } accessor || property.Name == "EqualityContract")
        {
            return null;
        }

        var visibility = Visibility(accessor);
        var indexed = property.GetIndexParameters();
        var name = indexed.Length == 0 ? property.Name : $"this[{string.Join(", ", indexed.Select(Parameter))}]";
        var nullability = Nullability.Create(property);
        var isInit = setter?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var narrower = setter is not null && getter is not null && Visibility(setter) != visibility ? Visibility(setter) + " " : "";
        var accessors = $"{{ {(getter is null ? "" : "get; ")}{(setter is null ? "" : narrower + (isInit ? "init; " : "set; "))}}}";
        var required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        return $"{visibility} {Modifiers(accessor)}{required}{CSharpName.Of(property.PropertyType, nullability)} {name} {accessors}";
    }

    private static string? Event(EventInfo @event) =>
        @event.AddMethod is { } add && IsVisible(add)
            ? $"{Visibility(add)} {Modifiers(add)}event {CSharpName.Of(@event.EventHandlerType!, Nullability.Create(@event))} {@event.Name}"
            : null;

    private static string? Constructor(ConstructorInfo constructor) =>
        IsVisible(constructor) && !constructor.IsStatic && !IsImplied(constructor)
            ? $"{Visibility(constructor)} {CSharpName.Plain(constructor.DeclaringType!)}({Parameters(constructor)})"
            : null;

    private static string? Method(MethodInfo method)
    {
        // Accessors come with their properties; operators have special names too, but no property.
        if (!IsVisible(method) || IsImplied(method) || (method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)))
        {
            return null;
        }

        var generics = method.GetGenericArguments();
        var list = generics.Length == 0 ? "" : $"<{string.Join(", ", generics.Select(static argument => argument.Name))}>";
        return $"{Visibility(method)} {Modifiers(method)}{Returned(method)} {method.Name}{list}({Parameters(method)}){TypeLine.Constraints(generics)}";
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsImplied(MethodBase method) => method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static string Visibility(MethodBase method) =>
        method.DeclaringType!.IsInterface ? "" : method.IsPublic ? "public" : "protected";

    private static string Modifiers(MethodInfo method)
    {
        var isInInterface = method.DeclaringType!.IsInterface;
        if (method.IsStatic)
        {
            return method.IsAbstract ? "static abstract " : "static ";
        }

        if (isInInterface)
        {
            return method.IsAbstract ? "" : "virtual ";
        }

        return (method.IsAbstract, method.IsVirtual && !method.IsFinal, method.GetBaseDefinition() != method) switch
        {
            (true, _, false) => "abstract ",
            (true, _, true) => "abstract override ",
            (_, true, false) => "virtual ",
            (_, true, true) => "override ",
            (_, false, true) => "sealed override ",
            _ => "",
        };
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var isThis = parameter is { Position: 0, Member: MethodInfo method } && method.IsDefined(typeof(ExtensionAttribute), inherit: false);
        var modifier = parameter switch
        {
            _ when isThis => "this ",
            { ParameterType.IsByRef: true, IsOut: true } => "out ",
            { ParameterType.IsByRef: true, IsIn: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute), false) || parameter.IsDefined(typeof(ParamCollectionAttribute), false) => "params ",
            _ => "",
        };
        var given = parameter.HasDefaultValue ? $" = {Default(parameter)}" : "";
        return $"{modifier}{CSharpName.Of(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}{given}";
    }

    private static string Default(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null && parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null
            ? "default"
            : Literal(parameter.RawDefaultValue);

    private static string Literal(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        char character => $"'{character}'",
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Mutations;

/// <summary>One rule taken out of the product, and the test that must notice.</summary>
/// <param name="Name">What the mutated product believes.</param>
/// <param name="File">Where the rule stands.</param>
/// <param name="Find">The rule; it must stand there exactly once.</param>
/// <param name="Replace">What stands there instead.</param>
/// <param name="Test">The method name of the test that must fail.</param>
internal sealed record Mutation(string Name, string File, string Find, string Replace, string Test)
{
    public static IReadOnlyList<Mutation> Load(string path) =>
        JsonSerializer.Deserialize(System.IO.File.ReadAllText(path), MutationJson.Default.IReadOnlyListMutation) ?? [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<Mutation>))]
internal sealed partial class MutationJson : JsonSerializerContext;

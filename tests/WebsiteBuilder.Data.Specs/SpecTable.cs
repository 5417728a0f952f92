using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Specs;

/// <summary>A folder of JSON files, each a list of cases that are named in words. Words that the reader doesn't know are errors, so that a slip can't pass as a case.</summary>
internal sealed class SpecTable<TCase>
    where TCase : ISpecCase
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Dictionary<(string File, string Name), TCase> _cases = [];

    public SpecTable(string folder)
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, folder), "*.json").Order(StringComparer.Ordinal).ToArray();
        foreach (var file in files)
        {
            foreach (var spec in JsonSerializer.Deserialize<TCase[]>(File.ReadAllText(file), Options)!)
            {
                if (!_cases.TryAdd((Path.GetFileNameWithoutExtension(file), spec.Name), spec))
                {
                    throw new InvalidDataException($"Two cases of {file} are named '{spec.Name}'.");
                }
            }
        }
    }

    public TCase this[string file, string name] => _cases[(file, name)];

    /// <summary>One row for each case, by file and name.</summary>
    public TheoryData<string, string> Rows()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (file, name) in _cases.Keys)
        {
            rows.Add(file, name);
        }

        return rows;
    }
}

internal interface ISpecCase
{
    /// <summary>What the case says, in words.</summary>
    string Name { get; }
}

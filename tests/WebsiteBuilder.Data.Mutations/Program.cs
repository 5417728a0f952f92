using WebsiteBuilder.Data.Mutations;

// Takes each listed rule out of a copy of the product and checks that the test named for it fails:
//   dotnet run -c Release --project tests/WebsiteBuilder.Data.Mutations [-- --only WORD]
var only = args is ["--only", var word] ? word : "";
var repository = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(repository, "WebsiteBuilder.Data.sln")))
{
    repository = Path.GetDirectoryName(repository) ?? throw new InvalidOperationException("Run it from a checkout.");
}

var mutations = Mutation.Load(Path.Combine(AppContext.BaseDirectory, "mutations.json"))
    .Where(mutation => mutation.Name.Contains(only, StringComparison.Ordinal))
    .ToArray();
using var copy = await Copy.MakeAsync(repository);
var survivors = 0;
foreach (var mutation in mutations)
{
    var (built, passed) = await copy.TestAsync(mutation, mutate: true);
    var noticed = built && !passed;
    survivors += noticed ? 0 : 1;
    Console.WriteLine($"{(noticed ? "noticed " : built ? "SURVIVED" : "NO BUILD")}  {mutation.Name}  ({mutation.Test})");
}

Console.WriteLine($"{mutations.Length - survivors} noticed, {survivors} not");
return survivors == 0 && mutations.Length > 0 ? 0 : 1;

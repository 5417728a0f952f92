using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Testing")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Tests")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Specs")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Conformance")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Rails")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Simulation")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Benchmarks")]

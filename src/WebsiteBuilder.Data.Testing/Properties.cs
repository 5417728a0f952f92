using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Tests")]
[assembly: InternalsVisibleTo("WebsiteBuilder.Data.Simulation")]

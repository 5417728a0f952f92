using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Samples.WebApi;

/// <summary>The application, apart from where its data is.</summary>
internal static class Site
{
    public static DataBuilder AddSite(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<DataTierProblems>();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        return builder.Services.AddWebsiteBuilderData(builder.Configuration.GetSection("Data")).AddEntity(UserMap.Map, UserMap.Policy);
    }

    public static WebApplication UseSite(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseSessionToken();
        app.MapUsers();
        return app;
    }
}

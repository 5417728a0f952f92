namespace WebsiteBuilder.Data.Samples.WebApi;

/// <summary>The session token rides a header, both ways: whoever sends back what they were given sees what they did, at whichever host they ask.</summary>
internal static class SessionOverHttp
{
    public const string Header = "X-Session-Token";

    public static IApplicationBuilder UseSessionToken(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (!SessionToken.TryParse(context.Request.Headers[Header].ToString(), null, out var earlier))
        {
            await Results.Problem($"{Header} isn't a session token. Send what an earlier answer held, or leave it out.", statusCode: 400).ExecuteAsync(context);
            return;
        }

        var session = context.RequestServices.GetRequiredService<IDataSession>();
        session.Merge(earlier);

        // As late as possible: what the request does until then is in the token. An answer to a lost history brings its own.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.TryAdd(Header, session.Token.ToString());
            return Task.CompletedTask;
        });
        await next(context);
    });
}

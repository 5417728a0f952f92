using System.Net.Http.Json;
using System.Text.Json;

namespace WebsiteBuilder.Data.Samples.WebApi.Tests;

/// <summary>Somebody with a browser.</summary>
public sealed class Caller(HttpClient http)
{
    public Task<HttpResponseMessage> StoreAsync(Guid id, string email, string? token = null) =>
        SendAsync(HttpMethod.Put, $"/emea/users/{id}", token, JsonContent.Create(new { email }));

    public Task<HttpResponseMessage> ShowAsync(Guid id, string? token = null, string level = "Session") =>
        SendAsync(HttpMethod.Get, $"/emea/users/{id}?level={level}", token);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
        {
            request.Headers.Add(SessionOverHttp.Header, token);
        }

        return await http.SendAsync(request);
    }
}

internal static class Answers
{
    public static string Token(this HttpResponseMessage answer) => answer.Headers.GetValues(SessionOverHttp.Header).Single();

    public static async Task<string?> FieldAsync(this HttpResponseMessage answer, string field) =>
        JsonSerializer.Deserialize<Dictionary<string, object?>>(await answer.Content.ReadAsStringAsync())!.GetValueOrDefault(field)?.ToString();
}

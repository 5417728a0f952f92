using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace WebsiteBuilder.Data.Samples.WebApi;

/// <summary>What the data tier's errors mean to a caller over HTTP.</summary>
internal sealed class DataTierProblems(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not DataTierException fault)
        {
            return false;
        }

        var problem = Describe(fault);
        context.Response.StatusCode = problem.Status!.Value;
        if (fault is SessionHistoryLostException lost)
        {
            context.Response.Headers[SessionOverHttp.Header] = lost.Remaining.ToString();
            problem.Extensions["remaining"] = lost.Remaining.ToString();
        }

        if (fault.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        }

        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = problem });
    }

    private static ProblemDetails Describe(DataTierException fault) => fault switch
    {
        InvalidSessionTokenException => Problem(400, "Forged session token", $"{SessionOverHttp.Header} was not given out by this site. Leave it out to begin anew."),
        SessionHistoryLostException => Problem(409, "Earlier changes lost", "A failover lost something that this session wrote or saw. Go on with the remaining token, and do it again."),
        ConflictException conflict => Problem(409, "Conflict", conflict.Kind.ToString()),
        AmbiguousWriteException => Problem(504, "Outcome unknown", "The change may be stored or not. Look before you repeat it."),
        ConsistencyNotMetException => Problem(503, "No node is current enough", "Nothing was changed. Try again."),
        _ => Problem(fault.IsTransient ? 503 : 500, "The data tier failed", fault.Disposition == WriteDisposition.NotApplied ? "Nothing was changed." : null),
    };

    private static ProblemDetails Problem(int status, string title, string? detail) => new() { Status = status, Title = title, Detail = detail };
}

// The demo page at /, from the files beside the program: on in Development or where Demo says so.

using Microsoft.Extensions.FileProviders;

namespace Gateway.Host.Composition;

internal static class DemoPage
{
    /// <summary>Its own files and its own sockets, nothing else; nobody may frame it.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
        "form-action 'self'; frame-ancestors 'none'";

    public static void Use(WebApplication app)
    {
        var directory = Path.Combine(app.Environment.ContentRootPath, "wwwroot");
        if (!Directory.Exists(directory))
            return;
        var files = new PhysicalFileProvider(directory);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = prepared =>
            {
                var headers = prepared.Context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers.XContentTypeOptions = "nosniff";
                // The page's own URL may hold a token.
                headers["Referrer-Policy"] = "no-referrer";
                headers.CacheControl = "no-cache";
            },
        });
    }
}

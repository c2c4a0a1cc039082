// What /openapi/v1.json says beyond what the routes say of themselves: title, the key, bodies that handlers read as bytes, and the errors.

using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gateway.Host.Api;

internal static class OpenApiDocument
{
    private const string Scheme = "ApiKey";

    public static IServiceCollection AddGatewayOpenApi(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Gateway backend API", Version = "v1" };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key of Gateway:Api:Keys.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, _, _) =>
        {
            operation.Responses ??= [];
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = "Problem details (RFC 9457) with a code: 400, 401, 403, 404, 413, 429, or 503 with Retry-After.",
            };
            return Task.CompletedTask;
        });
    });

    public static RouteHandlerBuilder WithEventBody(this RouteHandlerBuilder route, params string[] contentTypes) =>
        route.WithBody("""{"type":"order","id":"o-1","senderId":"shop","total":5}""", contentTypes);

    public static RouteHandlerBuilder WithEnvelopeBody(this RouteHandlerBuilder route) =>
        route.WithBody("""{"rooms":["a","b"],"event":{"type":"news"}}""", MediaTypeNames.Application.Json);

    private static RouteHandlerBuilder WithBody(this RouteHandlerBuilder route, string example, params string[] contentTypes) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = contentTypes.ToDictionary(type => type, _ => new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Object },
                    Example = JsonNode.Parse(example),
                }),
            };
            return Task.CompletedTask;
        });
}

# syntax=docker/dockerfile:1.7
# The gateway as an image without a shell or a package manager, run by a user who is not root.

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0.400-noble AS build
ARG TARGETARCH
WORKDIR /source

# What decides which packages are needed comes first: a change of code alone restores nothing.
COPY Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/Gateway.Protocol/Gateway.Protocol.csproj src/Gateway.Protocol/
COPY src/Gateway.Redis/Gateway.Redis.csproj src/Gateway.Redis/
COPY src/Gateway.Actors/Gateway.Actors.csproj src/Gateway.Actors/
COPY src/Gateway.Host/Gateway.Host.csproj src/Gateway.Host/
RUN dotnet restore src/Gateway.Host -a $TARGETARCH

COPY src/ src/
RUN dotnet publish src/Gateway.Host -c Release -a $TARGETARCH --no-restore --self-contained false -p:UseAppHost=false -o /app
RUN mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0.11-noble-chiseled
WORKDIR /app
COPY --from=build /app ./
# For the embedded engine alone; the cluster's nodes keep nothing.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data

# No diagnostic port: it would need a writable /tmp and is open to whoever is in the container.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0 \
    Gateway__DataDir=/data
EXPOSE 8080
VOLUME /data
USER $APP_UID
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=2 CMD ["dotnet", "Gateway.Host.dll", "--health"]
ENTRYPOINT ["dotnet", "Gateway.Host.dll"]

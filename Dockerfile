# syntax=docker/dockerfile:1
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
# What restoring needs, and nothing that changes with every commit: this layer is kept until a package changes.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY Gateway/Gateway.csproj Gateway/packages.lock.json Gateway/
RUN dotnet restore Gateway --locked-mode
COPY .editorconfig ./
COPY eng/ eng/
COPY Gateway/ Gateway/
RUN dotnet publish Gateway --configuration Release --no-restore --output /out/app && mkdir -p /out/data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
# 1654 is the image's own unprivileged user, its $APP_UID. There is no shell here to create or chown anything with.
COPY --from=build /out/app /app
COPY --from=build --chown=1654:1654 /out/data /data
# Without its diagnostics socket the runtime writes nothing outside /data.
ENV DOTNET_EnableDiagnostics=0
USER 1654
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/app/ango-gateway", "health"]
ENTRYPOINT ["/app/ango-gateway"]
CMD ["run", "--config", "/etc/ango-gateway/gateway.json"]

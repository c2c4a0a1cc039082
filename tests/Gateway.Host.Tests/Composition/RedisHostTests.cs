// The host over the Redis engine: what an operator sees of it.

using System.Net;
using Gateway.Actors.Engine;
using Gateway.Host.Composition;
using Gateway.Redis.Tests;
using Gateway.Redis.Tests.Servers;
using Microsoft.AspNetCore.Builder;

namespace Gateway.Host.Tests.Composition;

public sealed class RedisHostTests
{
    [SkippableFact]
    public async Task A_redis_that_is_refused_stops_the_start_with_its_message()
    {
        await using var redis = await RedisServer.Start("--requirepass", "s3cret-one");
        await using var app = Build(redis, "password=s3cret-two");
        var fault = await Assert.ThrowsAsync<EngineStartException>(() => app.StartAsync());
        Assert.True(StartFault.IsExpected(fault));
        Assert.Contains($"{redis.Endpoint} does not accept the user", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_node_is_ready_while_redis_takes_writes_and_says_what_it_does_there()
    {
        await using var redis = await RedisServer.Start();
        await using var app = Build(redis);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", "backend-key");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready")).StatusCode);
        using var body = new StringContent("""{"type":"message","content":"hello"}""", null, "application/json");
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/v1/rooms/lobby/events", body)).StatusCode);
        Assert.Contains("hello", await client.GetStringAsync("/v1/rooms/lobby/events"), StringComparison.Ordinal);
        var metrics = await client.GetStringAsync("/metrics");
        foreach (var name in (string[])["gateway_engine_events_stored", "gateway_engine_calls", "gateway_engine_publishes_pending", "gateway_engine_rooms_behind", "gateway_engine_degraded"])
            Assert.Contains(name, metrics, StringComparison.Ordinal);

        redis.Ask("CONFIG SET min-replicas-to-write 1");
        await Until.Holds("it is not ready", () => StatusOf(client) == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live")).StatusCode);
        redis.Ask("CONFIG SET min-replicas-to-write 0");
        await Until.Holds("it is ready again", () => StatusOf(client) == HttpStatusCode.OK);
        await app.StopAsync();
    }

    private static HttpStatusCode StatusOf(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/ready");
        using var answer = client.Send(request);
        return answer.StatusCode;
    }

    private static WebApplication Build(RedisServer redis, string more = "") => GatewayHost.Build(
        ["--environment=Development", "--urls=http://127.0.0.1:0", "--Gateway:Engine=redis", $"--Gateway:Redis={redis.Endpoint} {more}", "--Gateway:Api:Keys=backend-key"],
        NodeServices.Add);
}

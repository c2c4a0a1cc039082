// The engine's calls as the tests write them.

using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public static class EngineCalls
{
    public static Task<PublishOutcome> Say(this IEngine engine, RoomName room, string? id = null, string user = "ann", string fields = "\"content\":\"hi\"")
    {
        var publication = TestPublication.To(room, id, user, fields);
        engine.Publish(publication);
        return publication.Outcome;
    }

    /// <summary>So many events; the last outcome.</summary>
    public static async Task<PublishOutcome> SayMany(this IEngine engine, RoomName room, int count)
    {
        var outcomes = new List<Task<PublishOutcome>>();
        for (var i = 0; i < count; i++)
            outcomes.Add(engine.Say(room));
        return (await Task.WhenAll(outcomes))[^1];
    }

    public static async Task<HistoryPage> Since(this IEngine engine, RoomName room, long after, string? epoch, int limit = 500, int maxBytes = int.MaxValue) =>
        await engine.Read(new HistoryQuery(room, after, epoch, null, limit, maxBytes));

    public static async Task<HistoryPage> Last(this IEngine engine, RoomName room, int limit, long? before = null, int maxBytes = int.MaxValue) =>
        await engine.Read(new HistoryQuery(room, null, null, before, limit, maxBytes));

    public static async Task<SessionKey> OpenFor(this IEngine engine, string user, ulong connection = 1, string? name = null)
    {
        var (status, key) = await engine.Open(new SessionOwner(user, name ?? user, connection));
        Assert.Equal(EngineStatus.Ok, status);
        return key;
    }

    /// <summary>A session that is in the rooms.</summary>
    public static async Task<SessionKey> Enter(this IEngine engine, string user, params RoomName[] rooms)
    {
        var key = await engine.OpenFor(user);
        foreach (var room in rooms)
            Assert.Equal(EngineStatus.Ok, (await engine.Join(key, room, 100)).Status);
        return key;
    }

    public static async Task<NoticeProbe> Listen(this IEngine engine, RoomName room)
    {
        var probe = new NoticeProbe();
        Assert.Equal(EngineStatus.Ok, (await engine.Subscribe(room, probe)).Status);
        return probe;
    }

    public static IReadOnlyList<long> Seqs(this HistoryPage page) => [.. page.Events.Select(stored => stored.Seq)];
}

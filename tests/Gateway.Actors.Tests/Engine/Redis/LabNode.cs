// One node's whole engine in real time, beating each partition once a second as a node does.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine.Redis;

internal sealed class LabNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _beating = Task.CompletedTask;

    private LabNode(LabStore store, string name, int graceMs) => Engine = new RedisEngine(
        new RedisEngineOptions { Redis = store.Options, NodeId = name, GraceMs = graceMs, Namespaces = EngineLab.Namespaces }, TimeProvider.System, Log);

    public RedisEngine Engine { get; }

    public NoticeProbe Notices { get; } = new();

    public KeptLog Log { get; } = new();

    public bool IsLost => Notices.Heard.LastOrDefault(notice => notice is EngineLost or EngineBack) is EngineLost;

    public static async Task<LabNode> Start(LabStore store, string name, int graceMs = 12_000)
    {
        var node = new LabNode(store, name, graceMs);
        await node.Engine.Start(node.Notices, default);
        node._beating = node.Beat();
        return node;
    }

    /// <summary>What a kill -9 looks like to the others: not a word any more.</summary>
    public async Task Die()
    {
        await _stop.CancelAsync();
        await Engine.Link.Client.DisposeAsync();
        await _beating;
    }

    /// <summary>As a client does that wants it stored: again with the same id until it is.</summary>
    public async Task<PublishOutcome> Insist(RoomName room, string id)
    {
        while (true)
        {
            var outcome = await Engine.Say(room, id);
            if (outcome.Status == PublishStatus.Stored)
                return outcome;
            Assert.True(outcome.Status is PublishStatus.Degraded or PublishStatus.Unknown or PublishStatus.Busy, $"{outcome}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        await Engine.DisposeAsync();
        _stop.Dispose();
    }

    private async Task Beat()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            do
                await Task.WhenAll(Enumerable.Range(0, Engine.Partitions).Select(async partition => await Engine.Beat(partition)));
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }
}

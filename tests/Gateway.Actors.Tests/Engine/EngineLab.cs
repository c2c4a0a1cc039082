// One engine under test with its storage and its clock. Each implementation brings its own; the contract's tests know only this.

using Gateway.Actors.Engine;
using Gateway.Actors.Policy;

namespace Gateway.Actors.Tests.Engine;

public abstract class EngineLab : IAsyncDisposable
{
    public const int GraceMs = 12_000;
    public const int ResumeMs = 120_000;

    /// <summary>Small numbers, so that bounds are reached quickly.</summary>
    public const int HistorySize = 20;
    public const int IdsPerRoom = 50;

    public static Namespaces Namespaces { get; } = new(
    [
        NamespacePolicy.Chat,
        NamespacePolicy.User,
        NamespacePolicy.Telemetry,
        new NamespacePolicy { Name = "small", HistorySize = HistorySize, HistoryTtl = TimeSpan.FromHours(1) },
        new NamespacePolicy { Name = "live", Mode = RoomMode.Ephemeral },
    ]);

    public abstract IEngine Engine { get; }

    public EngineTime Time { get; } = new();

    public NoticeProbe Notices { get; } = new();

    /// <summary>The process ends in order and begins again on the same storage.</summary>
    public abstract Task Restart();

    /// <summary>The process is killed and begins again on the same storage.</summary>
    public abstract Task Kill();

    /// <summary>Everything that has happened up to now has been told to those who listen.</summary>
    public abstract Task Settled();

    /// <summary>Time passes while the engine is swept as by a node; what follows from it has been told.</summary>
    public async Task Pass(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
            await Sweep();
        }

        await Settled();
    }

    public Task Sweep() =>
        Task.WhenAll(Enumerable.Range(0, Engine.Partitions).Select(async partition => await Engine.Beat(partition)));

    public abstract ValueTask DisposeAsync();
}

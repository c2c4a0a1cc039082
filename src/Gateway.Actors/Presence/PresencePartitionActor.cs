// Sweeps one partition of presence: says that this node is alive, and has the engine end what is due (grace periods, resume windows, the
// sessions of dead nodes). Any number of nodes do the same; the engine makes each transition happen once.

using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;

namespace Gateway.Actors.Presence;

internal sealed class PresencePartitionActor(NodeServices node, int partition) : Actor
{
    /// <summary>A node that has not beaten for five of these is taken for dead.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>However much is due, the sweep leaves the engine to others in between.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);

    protected override void PreStart() => Beat();

    protected override void Receive(object message)
    {
        switch (message)
        {
            case BeatDue: Beat(); break;
            case BeatDone done: ArmNext(done.NextDue); break;
            case Exception broken: throw new InvalidOperationException("The engine threw where its rules forbid it.", broken);
            default: Unhandled(message); break;
        }
    }

    private void Beat() => Context.PipeTo(
        node.Engine.Beat(partition),
        static answer => new BeatDone(answer.Status, answer.NextDue),
        static error => error);

    private void ArmNext(DateTimeOffset? nextDue)
    {
        var next = nextDue is { } due ? due - node.Time.GetUtcNow() : Interval;
        next = next < Shortest ? Shortest : next > Interval ? Interval : next;
        Context.Timers.StartSingle(BeatDue.Instance, BeatDue.Instance, next);
    }
}

// What the parts of membership share: who this node is, what it holds, how it reaches Redis, whom it tells.

using Gateway.Protocol;
using Gateway.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal sealed class MemberCore
{
    private const int AtOnce = 64;

    private readonly int[] _auditWanted = new int[Partitions.Count];

    public MemberCore(IMemberCalls calls, MemberKeys keys, RedisEngineOptions options, TimeProvider time, ILogger log, IEngineListener listener, RedisMetrics metrics)
    {
        Calls = calls;
        Keys = keys;
        Options = options;
        Time = time;
        Log = log;
        Listener = listener;
        Metrics = metrics;
        Me = new Incarnation(options.NodeId);
        Health = new EngineHealth(time, isVirtual: options.Clock is not null, TellHealth, metrics);
    }

    public IMemberCalls Calls { get; }

    public MemberKeys Keys { get; }

    public RedisEngineOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public RedisMetrics Metrics { get; }

    public Incarnation Me { get; }

    public EngineHealth Health { get; }

    public LocalSessions Sessions { get; } = new();

    public SessionLanes Lanes { get; } = new();

    /// <summary>How long a detached session's record is kept.</summary>
    public int KeepMs => Math.Max(Options.GraceMs, Options.ResumeMs);

    private IEngineListener Listener { get; }

    public void Tell(EngineNotice notice)
    {
        try
        {
            Listener.Notify(notice);
        }
        catch (Exception exception)
        {
            MemberLog.ListenerFailed(Log, exception);
        }
    }

    private void TellHealth(EngineNotice notice)
    {
        if (notice is EngineLost lost)
            MemberLog.Lost(Log, lost.Since);
        else
            MemberLog.Back(Log);
        Tell(notice);
    }

    /// <summary>At its next beat the partition is compared with what this node holds: something there may have been done or not.</summary>
    public void WantAudit(PartitionKeys partition) => Volatile.Write(ref _auditWanted[partition.Number], 1);

    public bool TakeAuditWish(PartitionKeys partition) => Interlocked.Exchange(ref _auditWanted[partition.Number], 0) == 1;

    /// <summary>What a failed call means for its caller; where the outcome is open the partition is looked at again.</summary>
    public EngineStatus Failed(PartitionKeys partition, in RedisReply reply)
    {
        WantAudit(partition);
        return RedisLink.StatusOf(reply);
    }

    /// <summary>The lease of the name that a call bore is gone in a partition; the next beat there finds out and takes another.</summary>
    public EngineStatus Fenced(PartitionKeys partition)
    {
        WantAudit(partition);
        return EngineStatus.Degraded;
    }

    /// <summary>An operation under a name that was lost meanwhile may have come after this node brought its sessions anew.</summary>
    public void CheckName(string owner, PartitionKeys partition)
    {
        if (owner != Me.Name)
            WantAudit(partition);
    }

    /// <summary>Several at a time, so that much work is neither a call after the other nor all at once.</summary>
    public static async ValueTask Each<T>(IEnumerable<T> items, Func<T, ValueTask> work)
    {
        foreach (var chunk in items.Chunk(AtOnce))
        {
            var running = Array.ConvertAll(chunk, item => work(item).AsTask());
            await Task.WhenAll(running).ConfigureAwait(false);
        }
    }

    /// <summary>The same, no further than where Redis does not answer: whoever does it finds the rest again.</summary>
    public static async ValueTask<bool> EachWhileAnswered<T>(IEnumerable<T> items, Func<T, ValueTask<EngineStatus>> work)
    {
        foreach (var chunk in items.Chunk(AtOnce))
        {
            var running = Array.ConvertAll(chunk, item => work(item).AsTask());
            var done = await Task.WhenAll(running).ConfigureAwait(false);
            if (done.Any(static status => status is EngineStatus.Degraded or EngineStatus.Unknown))
                return false;
        }

        return true;
    }

    public static IReadOnlyList<RoomName> RoomsIn(string text)
    {
        var rooms = new List<RoomName>();
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (RoomName.TryParse(part, out var room))
                rooms.Add(room);
        }

        return rooms;
    }
}

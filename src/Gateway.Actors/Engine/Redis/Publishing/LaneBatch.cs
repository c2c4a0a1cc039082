// Entries that were sent together with one WAIT behind them: none counts as stored before a replica has it. Only at the level "replicated".

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class LaneBatch(PublishLane lane, LaneEntry[] entries) : IRedisCaller
{
    public LaneEntry[] Entries { get; } = entries;

    /// <summary>The first of those that wait. One that follows a redirect of its own goes alone.</summary>
    public static LaneBatch Gather(PublishLane lane, Queue<LaneEntry> waiting, int most)
    {
        var entries = new List<LaneEntry>();
        while (entries.Count < most && waiting.TryPeek(out var next) && (entries.Count == 0 || (entries[0].Ask is null && next.Ask is null)))
        {
            waiting.Dequeue();
            if (!next.IsSettled)
                entries.Add(next);
        }

        return new LaneBatch(lane, [.. entries]);
    }

    void IRedisCaller.Completed(in RedisReply reply) => lane.OnReplicated(this, !reply.IsError && reply.Integer >= 1);

    void IRedisCaller.Failed(RedisFailure failure) => lane.OnReplicated(this, false);
}

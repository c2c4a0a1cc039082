// What a connection that ended leaves unanswered.

namespace Gateway.Redis.Connections;

internal sealed class OutboxRemains
{
    /// <summary>It may have been done.</summary>
    public List<Entry> Written { get; } = [];

    /// <summary>It was surely not done.</summary>
    public List<Entry> Unsent { get; } = [];
}

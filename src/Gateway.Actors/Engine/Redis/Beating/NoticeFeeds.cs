// The notices of all partitions, and their subscriptions.

using System.Buffers.Text;
using System.Text;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class NoticeFeeds : IDisposable
{
    private readonly MemberCore _core;
    private readonly NoticeFeed[] _feeds;
    private readonly List<IDisposable> _subscriptions = [];

    public NoticeFeeds(MemberCore core, NoticeDesk desk)
    {
        _core = core;
        _feeds = [.. core.Keys.All.Select(_ => new NoticeFeed(desk.Act))];
    }

    public NoticeFeed this[PartitionKeys partition] => _feeds[partition.Number];

    public void Heard(PartitionKeys partition, long number, string notice)
    {
        if (number > 0)
            _feeds[partition.Number].Heard(number, notice);
    }

    public void Listen()
    {
        foreach (var partition in _core.Keys.All)
            _subscriptions.Add(_core.Calls.Listen(partition, new Subscriber(_feeds[partition.Number])));
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
        _subscriptions.Clear();
    }

    /// <summary>"number notice". What was missed while there was no subscription is read by the next beat.</summary>
    private sealed class Subscriber(NoticeFeed feed) : IRedisSubscriber
    {
        public void Confirmed()
        {
        }

        public void Lost()
        {
        }

        public void Message(ReadOnlyMemory<byte> payload)
        {
            var span = payload.Span;
            if (Utf8Parser.TryParse(span, out long number, out var digits) && digits < span.Length)
                feed.Heard(number, Encoding.UTF8.GetString(span[(digits + 1)..]));
        }
    }
}

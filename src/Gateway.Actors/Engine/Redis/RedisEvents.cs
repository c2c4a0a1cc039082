// Rooms as logs in Redis: the root of what publishes, follows and reads. Its one timer goes on with what waits.

using System.Security.Cryptography;
using Gateway.Actors.Engine.Redis.Following;
using Gateway.Actors.Engine.Redis.Publishing;
using Gateway.Actors.Engine.Redis.Reading;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Engine.Redis;

internal sealed class RedisEvents : IAsyncDisposable
{
    // A lane's shortest pause is about as long.
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(25);

    private readonly PublishLanes _lanes;
    private readonly RoomAddresses _addresses;
    private readonly Relay _relay;
    private readonly RoomFollowers _followers;
    private readonly HistoryReads _histories;
    private readonly RoomList _list;
    private readonly RoomCursors _cursors;
    private readonly ITimer _timer;

    public RedisEvents(RedisLink link, IEngineHealth health, RedisMetrics metrics)
    {
        _lanes = new PublishLanes(link, health, metrics);
        _addresses = new RoomAddresses(link);
        _relay = new Relay(link, _lanes, metrics);
        _followers = new RoomFollowers(link, metrics);
        _histories = new HistoryReads(link);
        _list = new RoomList(link);
        _cursors = new RoomCursors(link);
        _timer = link.Time.CreateTimer(_ => Tick(), null, TickPeriod, TickPeriod);
    }

    /// <summary>What an ack means, once the start knows it. Before anything is published.</summary>
    public RedisAck Ack
    {
        set => _lanes.WaitsForReplica = value == RedisAck.Replicated;
    }

    /// <summary>What the beat of a partition tells of its rooms.</summary>
    public IRoomFollowers Followers => _followers;

    /// <summary>Rooms that are being read since their pushes left something out.</summary>
    public int RoomsBehind => _followers.Behind;

    public void Publish(Publication publication)
    {
        var stored = publication.Event;
        if (_addresses.Of(stored.Room) is not { } address || (address.Policy.Mode == RoomMode.Latest && !stored.Ephemeral))
        {
            publication.Completed(new PublishOutcome(PublishStatus.Unsupported));
            return;
        }

        if (stored.Ephemeral || address.Policy.Mode == RoomMode.Ephemeral)
            _relay.Publish(publication, address);
        else
            _lanes.Publish(publication, address);
    }

    public ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener) => _followers.Subscribe(room, listener);

    public void Unsubscribe(RoomName room, IRoomListener listener) => _followers.Unsubscribe(room, listener);

    public ValueTask<HistoryPage> Read(HistoryQuery query) => _histories.Read(query);

    /// <summary>Goes the way of publications, in order with them.</summary>
    public ValueTask<EngineStatus> Forget(RoomName room) =>
        _addresses.Of(room) is { } address ? _lanes.Forget(address, NewEpoch()) : new ValueTask<EngineStatus>(EngineStatus.NotFound);

    public ValueTask<(EngineStatus Status, RoomSummary Summary)> Describe(RoomName room) => _list.Describe(room);

    public ValueTask<(EngineStatus Status, IReadOnlyList<RoomSummary> Rooms)> ListRooms(string? after, int limit) => _list.List(after, limit);

    public void Signal(RoomName room, RoomSignal signal)
    {
        if (_addresses.Of(room) is { } address)
            _relay.Signal(signal, address);
    }

    public ValueTask<EngineStatus> MoveCursor(RoomName room, string userId, ReceiptStatus status, long seq) => _cursors.Move(room, userId, status, seq);

    public ValueTask<(EngineStatus Status, IReadOnlyList<ReceiptCursor> Cursors)> Cursors(RoomName room) => _cursors.All(room);

    /// <summary>Ends while the client is still there: what was taken is brought to its end first.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lanes.Close().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _followers.Dispose();
    }

    private void Tick()
    {
        _lanes.Tick();
        _followers.Tick();
    }

    /// <summary>Unlike any that Redis makes: those have no capitals.</summary>
    private static string NewEpoch() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 14);
}

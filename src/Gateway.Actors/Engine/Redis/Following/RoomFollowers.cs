// All rooms that this node listens to, by partition. The beat tells which rooms changed; what the pushes did not bring is then read.

using System.Collections.Concurrent;
using Gateway.Protocol;

namespace Gateway.Actors.Engine.Redis.Following;

internal sealed class RoomFollowers : IRoomFollowers, IDisposable
{
    /// <summary>The contract's patience with Redis for one command.</summary>
    private static readonly TimeSpan SubscribeWithin = TimeSpan.FromMilliseconds(1_500);

    // A push and the beat's answer come over two connections: so long may one be behind the other.
    private static readonly TimeSpan PushesWithin = TimeSpan.FromMilliseconds(250);

    // Rooms that are read at once, so that a reconnection with thousands of rooms leaves Redis time for others.
    private const int Readers = 64;

    private readonly ConcurrentDictionary<string, FollowedRoom>[] _rooms =
        [.. Enumerable.Range(0, Partitions.Count).Select(_ => new ConcurrentDictionary<string, FollowedRoom>(StringComparer.Ordinal))];

    private readonly ConcurrentDictionary<FollowedRoom, bool> _lookedAfter = new();
    private readonly SemaphoreSlim _readers = new(Readers);
    private volatile bool _isClosed;

    public RoomFollowers(RedisLink link, RedisMetrics metrics) => (Link, Metrics) = (link, metrics);

    public RedisLink Link { get; }

    public RedisMetrics Metrics { get; }

    public async ValueTask<(EngineStatus Status, RoomPosition Position)> Subscribe(RoomName room, IRoomListener listener)
    {
        var keys = Link.Room(room);
        var rooms = _rooms[keys.Partition.Number];
        while (!_isClosed)
        {
            if (rooms.TryGetValue(room.Value, out var known))
            {
                if (!await known.Opened.ConfigureAwait(false))
                    return (EngineStatus.Degraded, default);
                if (known.Replace(listener) is { } told)
                    return (EngineStatus.Ok, told);
                Remove(known);
                continue;
            }

            var followed = new FollowedRoom(this, keys, listener);
            if (!rooms.TryAdd(room.Value, followed))
                continue;
            if (await followed.Open(SubscribeWithin).ConfigureAwait(false) is { } position)
                return (EngineStatus.Ok, position);
            followed.End();
            Remove(followed);
            break;
        }

        return (EngineStatus.Degraded, default);
    }

    public void Unsubscribe(RoomName room, IRoomListener listener)
    {
        if (_rooms[Link.Of(room).Number].TryGetValue(room.Value, out var followed) && followed.EndFor(listener))
            Remove(followed);
    }

    /// <summary>Rooms that are being read since their pushes left something out.</summary>
    public int Behind => _rooms.Sum(rooms => rooms.Values.Count(followed => followed.IsBehind));

    public bool HasRooms(int partition) => !_rooms[partition].IsEmpty;

    public void OnHot(int partition, IReadOnlyList<HotRoom> changed)
    {
        foreach (var hot in changed)
        {
            if (_rooms[partition].TryGetValue(hot.Room, out var followed) && followed.Expect(hot.Change))
                LookAfter(followed);
        }
    }

    public async ValueTask<bool> ResyncAll(int partition)
    {
        var results = await Task.WhenAll(_rooms[partition].Values.Select(followed => followed.Resync())).ConfigureAwait(false);
        return results.All(caughtUp => caughtUp);
    }

    public void LookAfter(FollowedRoom followed) => _lookedAfter[followed] = true;

    public void Tick()
    {
        foreach (var (followed, _) in _lookedAfter)
        {
            if (followed.Look(PushesWithin))
                _lookedAfter.TryRemove(followed, out _);
        }
    }

    /// <summary>Waits until it is this room's turn to read; disposing ends it.</summary>
    public async ValueTask<IDisposable> Turn()
    {
        await _readers.WaitAsync().ConfigureAwait(false);
        return new ReadersTurn(_readers);
    }

    /// <summary>Ends all subscriptions. Readings that are under way come to their end by themselves.</summary>
    public void Dispose()
    {
        _isClosed = true;
        foreach (var followed in _rooms.SelectMany(rooms => rooms.Values))
        {
            followed.End();
            Remove(followed);
        }
    }

    private void Remove(FollowedRoom followed) =>
        _rooms[followed.Partition].TryRemove(new KeyValuePair<string, FollowedRoom>(followed.Room.Value, followed));

    private sealed class ReadersTurn(SemaphoreSlim readers) : IDisposable
    {
        public void Dispose() => readers.Release();
    }
}

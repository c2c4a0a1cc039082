// One room that this node listens to: its subscription, its follower, and the reading of what the pushes left out. Pushes come on the
// client's reader thread, pages on any; one lock puts them in order, and the listener is told with it held (S2).

using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Following;

internal sealed class FollowedRoom : IRedisSubscriber
{
    private const int PageEvents = 500;
    private const int PageBytes = 1024 * 1024;

    // A history has a few pages; a room that is still not caught up after so many is tried again later.
    private const int MaxPages = 256;

    private readonly Lock _gate = new();
    private readonly RoomFollowers _followers;
    private readonly RoomKeys _keys;
    private readonly RoomFollower _follower;
    private readonly TaskCompletionSource<bool> _confirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IRedisSubscription? _subscription;
    private Task<bool>? _resync;
    private long _asked;
    private long _expected;
    private long _expectedSince;
    private bool _hasEnded;

    public FollowedRoom(RoomFollowers followers, RoomKeys keys, IRoomListener listener)
    {
        (_followers, _keys) = (followers, keys);
        _follower = new RoomFollower(listener);
    }

    public RoomName Room => _keys.Room;

    public int Partition => _keys.Partition.Number;

    /// <summary>True once it follows, false where that failed.</summary>
    public Task<bool> Opened => _opened.Task;

    /// <summary>It is being read, or will be: pushes have left something out.</summary>
    public bool IsBehind
    {
        get
        {
            lock (_gate)
                return !_hasEnded && _follower.IsOpen && (_resync is not null || _follower.IsBehind);
        }
    }

    /// <summary>Subscribes, then reads where the room is; what is pushed between is kept. Null where that failed.</summary>
    public async ValueTask<RoomPosition?> Open(TimeSpan patience)
    {
        RoomPosition? position = null;
        try
        {
            var subscription = _followers.Link.Client.Subscribe(_followers.Link.SlotOf(_keys.Partition), _keys.Channel, this);
            lock (_gate)
            {
                if (!_hasEnded)
                    _subscription = subscription;
            }

            if (_subscription is null)
                subscription.Dispose();
            else if (await _confirmed.Task.WaitAsync(patience, _followers.Link.Time).ConfigureAwait(false) && await Ask("", 0, 0, 0).ConfigureAwait(false) is { } state)
                position = Begin(state);
        }
        catch (TimeoutException)
        {
            // Not confirmed in time.
        }

        _opened.TrySetResult(position is not null);
        return position;
    }

    /// <summary>The listener from now on, and the position behind which it is told everything. Null: it has ended.</summary>
    public RoomPosition? Replace(IRoomListener listener)
    {
        lock (_gate)
        {
            if (_hasEnded)
                return null;
            _follower.Replace(listener);
            return _follower.Told;
        }
    }

    /// <summary>Where the listener is (still) this one.</summary>
    public bool EndFor(IRoomListener listener)
    {
        lock (_gate)
        {
            if (_hasEnded || !ReferenceEquals(_follower.Listener, listener))
                return false;
            _hasEnded = true;
        }

        Dispose();
        return true;
    }

    public void End()
    {
        lock (_gate)
            _hasEnded = true;
        Dispose();
    }

    void IRedisSubscriber.Confirmed()
    {
        lock (_gate)
        {
            if (!_follower.IsOpen)
            {
                // While it opens, a second one is seen after the position was read.
                if (_confirmed.Task.IsCompleted)
                    _asked++;
                _confirmed.TrySetResult(true);
                return;
            }
        }

        _ = Resync();
    }

    void IRedisSubscriber.Lost()
    {
        // What was missed is read when it holds again.
    }

    void IRedisSubscriber.Message(ReadOnlyMemory<byte> payload)
    {
        var push = RoomPush.Read(Room, payload);
        lock (_gate)
        {
            if (_hasEnded)
                return;
            if (push is { } told && _follower.OnPush(told))
                return;
            // A reading that is under way goes through what is kept.
            if (!_follower.IsOpen || (_resync is not null && push is not null))
                return;
        }

        _ = Resync();
    }

    /// <summary>The room has changed; a push that tells so may still be on its way.</summary>
    /// <returns>Whether it is to be looked after.</returns>
    public bool Expect(long change)
    {
        lock (_gate)
        {
            if (_hasEnded || !_follower.IsOpen || change <= _follower.Change)
                return false;
            if (_expected <= _follower.Change)
                _expectedSince = _followers.Link.Time.GetTimestamp();
            _expected = Math.Max(_expected, change);
            return true;
        }
    }

    /// <summary>Looks whether what was expected has come, or a reading that failed is to be repeated.</summary>
    /// <returns>Whether nothing is open any more.</returns>
    public bool Look(TimeSpan patience)
    {
        lock (_gate)
        {
            if (_hasEnded || (!_follower.IsBehind && _expected <= _follower.Change))
                return true;
            if (_resync is not null || _followers.Link.Time.GetElapsedTime(_expectedSince) < patience)
                return false;
            _expectedSince = _followers.Link.Time.GetTimestamp();
        }

        _ = Resync();
        return false;
    }

    /// <summary>Reads what was missed, all of it since before this call. True where everything has been told.</summary>
    public Task<bool> Resync()
    {
        lock (_gate)
        {
            if (_hasEnded || !_follower.IsOpen)
                return Task.FromResult(true);
            _follower.FallBehind();
            _asked++;
            return _resync ??= Task.Run(CatchUp);
        }
    }

    private RoomPosition? Begin(CatchUpPage state)
    {
        bool follows;
        lock (_gate)
        {
            if (_hasEnded)
                return null;
            follows = _follower.Open(state) && _asked == 0;
        }

        if (!follows)
            _ = Resync();
        return state.Position;
    }

    private async Task<bool> CatchUp()
    {
        _followers.Metrics.Resyncs.Add(1);
        while (true)
        {
            var asked = Volatile.Read(ref _asked);
            bool caughtUp;
            using (await _followers.Turn().ConfigureAwait(false))
                caughtUp = await ReadPages().ConfigureAwait(false);
            lock (_gate)
            {
                if (caughtUp && (asked != _asked || _follower.IsBehind) && !_hasEnded)
                    continue;
                _resync = null;
                _expectedSince = _followers.Link.Time.GetTimestamp();
            }

            if (!caughtUp)
                _followers.LookAfter(this);
            return caughtUp;
        }
    }

    private async ValueTask<bool> ReadPages()
    {
        for (var page = 0; page < MaxPages; page++)
        {
            RoomPosition told;
            long version, change;
            lock (_gate)
            {
                if (_hasEnded)
                    return true;
                // Nothing but the page may move the position until it is applied.
                _follower.FallBehind();
                (told, version, change) = (_follower.Told, _follower.Version, _follower.Change);
            }

            if (await Ask(told.Epoch, told.Top, version, change).ConfigureAwait(false) is not { } answer)
                return false;
            lock (_gate)
            {
                if (_hasEnded || _follower.Apply(answer) == CatchUpStep.Done)
                    return true;
            }
        }

        return false;
    }

    private async ValueTask<CatchUpPage?> Ask(string epoch, long after, long version, long change)
    {
        var reply = await _followers.Link.Call(
            _keys.Partition,
            "gw1_catchup",
            [_keys.Partition.Inc, _keys.Meta, _keys.Events, _keys.Cursors, _keys.Presence, _keys.PresenceLog],
            epoch, after, version, change, PageEvents, PageBytes).ConfigureAwait(false);
        return CatchUpPage.Read(Room, reply);
    }

    private void Dispose()
    {
        IRedisSubscription? subscription;
        lock (_gate)
            (subscription, _subscription) = (_subscription, null);
        subscription?.Dispose();
        _confirmed.TrySetResult(false);
    }
}

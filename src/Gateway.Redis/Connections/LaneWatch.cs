// The one timer of a lane: it drops a connection whose oldest answer is overdue, asks a silent one for a sign of life, and gives up what has waited
// too long for a connection.

namespace Gateway.Redis.Connections;

internal sealed class LaneWatch(Lane lane, Outbox outbox, ClientParts parts) : IRedisCaller, IDisposable
{
    /// <summary>Silence that calls for a PING: with the usual deadline of 1.5 s and two ticks a black hole is noticed in 2.5 s.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(800);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly RedisCommand Ping = RedisCommand.Of("PING");

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _lastTick;
    private bool _isPinging;
    private bool _wasPaused;
    private Link? _silent;

    public void Start()
    {
        _lastTick = parts.Time.GetTimestamp();
        _timer = parts.Time.CreateTimer(_ => Look(), null, Tick, Tick);
    }

    /// <summary>Since when nothing came, of a connection that was dropped for its silence; otherwise now.</summary>
    public DateTimeOffset LostSince(Link link)
    {
        var now = parts.Time.GetUtcNow();
        return ReferenceEquals(_silent, link) ? now - parts.Time.GetElapsedTime(link.LastReceived) : now;
    }

    public void Completed(in RedisReply reply) => Volatile.Write(ref _isPinging, false);

    public void Failed(RedisFailure failure) => Volatile.Write(ref _isPinging, false);

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // A tick that comes while another one still runs has nothing to add.
        if (!_lock.TryEnter())
            return;
        try
        {
            var now = parts.Time.GetTimestamp();
            // After a pause of this very process the answers lie in the socket, and the reader has to get to them first.
            // A machine that is always late gets no such grace twice in a row.
            _wasPaused = !_wasPaused && parts.Time.GetElapsedTime(_lastTick, now) > 5 * Tick;
            _lastTick = now;
            if (lane.Link is { } link)
                Look(link, now);
            foreach (var expired in outbox.Expire(now))
                lane.Fail([expired.Caller], RedisFailure.NotSent);
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Look(Link link, long now)
    {
        if (!_wasPaused && outbox.IsOverdue(now))
        {
            _silent = link;
            link.Abort("an answer did not come in time");
        }
        else if (lane.IsOpen && outbox.IsIdle && !Volatile.Read(ref _isPinging) && parts.Time.GetElapsedTime(link.LastReceived, now) > Silence)
        {
            Volatile.Write(ref _isPinging, true);
            lane.Send(Ping, this);
        }
    }
}

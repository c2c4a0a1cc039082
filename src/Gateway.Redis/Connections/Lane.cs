// One of a primary's connections, for as long as the primary is known: it connects, is prepared, serves, and connects again, and it carries
// nothing of one life into the next but what was never written. Its run loop, its reader and its timer each do one thing at a time.

using System.Text;

namespace Gateway.Redis.Connections;

internal sealed class Lane : ILinkReader, IAsyncDisposable
{
    private readonly ClientParts _parts;
    private readonly ILaneOwner _owner;
    private readonly Outbox _outbox;
    private readonly Backoff _backoff;
    private readonly LaneWatch _watch;
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private Link? _link;
    private Flusher? _flusher;
    private int _lives;
    private bool _isLeaving;
    private volatile bool _isOpen;

    public Lane(LaneKind kind, RedisEndpoint endpoint, ClientParts parts, ILaneOwner owner)
    {
        Kind = kind;
        Endpoint = endpoint;
        _parts = parts;
        _owner = owner;
        _outbox = new Outbox(parts.Options, waits: kind == LaneKind.Commands, parts.Time);
        _backoff = new Backoff(parts.Options, parts.Jitter);
        _watch = new LaneWatch(this, _outbox, parts);
    }

    public LaneKind Kind { get; }

    public RedisEndpoint Endpoint { get; }

    public long Flushes => _outbox.Flushes;

    public bool IsOpen => _isOpen;

    public Link? Link => Volatile.Read(ref _link);

    public void Start()
    {
        _watch.Start();
        _run = Run();
    }

    /// <summary>All together and in order, or none.</summary>
    public void Send(ReadOnlySpan<RedisCommand> commands, ReadOnlySpan<IRedisCaller> callers, bool isPreparing = false)
    {
        var offered = _outbox.Offer(commands, callers, isPreparing, out var life);
        if (offered == Offered.TakenFlush)
            StartFlusher(life);
        else if (offered != Offered.Taken)
            Fail(callers, offered == Offered.Busy ? RedisFailure.Busy : RedisFailure.NotSent);
    }

    public void Send(RedisCommand command, IRedisCaller caller, bool isPreparing = false) =>
        Send(new ReadOnlySpan<RedisCommand>(in command), new ReadOnlySpan<IRedisCaller>(in caller), isPreparing);

    /// <summary>Drops the connection that there is; the next is made soon.</summary>
    public void Drop(string reason) => Link?.Abort(reason);

    /// <summary>Whose answer is due next; for the reader.</summary>
    public IRedisCaller? Expected() => _outbox.TryPeek(out var entry) ? entry.Caller : null;

    bool ILinkReader.Reply(Link link, in RedisReply reply) => Answer(link, reply);

    void ILinkReader.Push(Link link, ReadOnlySpan<byte> frame) => _owner.Pushed(this, frame);

    /// <summary>Hands an answer to whom it belongs; for the reader.</summary>
    public bool Answer(Link link, in RedisReply reply)
    {
        if (!_outbox.TryAnswer(out var entry))
        {
            link.Abort("an answer came that nobody asked for");
            return false;
        }

        try
        {
            entry.Caller.Completed(WithHost(reply));
        }
        catch (Exception exception)
        {
            RedisLog.CallbackFailed(_parts.Log, exception);
        }

        if (reply.Error is { } error)
            Judge(error);
        if (!_isLeaving || _outbox.TryPeek(out _))
            return true;
        link.Abort("it is no primary any more");
        return false;
    }

    public void Fail(ReadOnlySpan<IRedisCaller> callers, RedisFailure failure)
    {
        foreach (var caller in callers)
            _parts.Tell(caller, whom => whom.Failed(failure));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _watch.Dispose();
        _stop.Dispose();
    }

    private async Task Run()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            if (await Live().ConfigureAwait(false))
                _backoff.Reset();
            if (_stop.IsCancellationRequested)
                break;
            _owner.Suspect();
            await Task.Delay(_backoff.Next(), _parts.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        FailRemains(forGood: true);
    }

    /// <summary>From one attempt to connect to the connection's end. Returns whether it was open meanwhile.</summary>
    private async Task<bool> Live()
    {
        try
        {
            var (link, facts) = await _parts.Dialer.Dial(Endpoint, _stop.Token).ConfigureAwait(false);
            using (link)
            {
                if (!facts.IsPrimary)
                    throw new LinkException($"{Endpoint} is a replica");
                return await Serve(link, facts).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception exception) when (exception is LinkException or RedisStartException)
        {
            NotConnected(exception);
            return false;
        }
        catch (Exception exception)
        {
            // A fault of this client; it is told, and must not be the last thing that the lane does.
            RedisLog.Fault(_parts.Log, exception);
            return false;
        }
    }

    private async Task<bool> Serve(Link link, ServerFacts facts)
    {
        var life = ++_lives;
        _isLeaving = false;
        Volatile.Write(ref _flusher, new Flusher(_outbox, link, life));
        _outbox.BeginPreparing(life, Encoding.ASCII.GetBytes(facts.RunId));
        Volatile.Write(ref _link, link);
        using var ended = new CancellationTokenSource();
        using var stopping = _stop.Token.Register(() => link.Abort("the client lets go of it"));
        var reading = link.Read(this);
        var preparing = Prepare(facts, ended.Token);
        await Task.WhenAny(preparing, reading).ConfigureAwait(false);
        if (!reading.IsCompleted && await preparing.ConfigureAwait(false))
            Open(facts, life);
        else
            link.Abort("it was not prepared");

        var reason = await reading.ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        Volatile.Write(ref _link, null);
        var wasOpen = _isOpen;
        _isOpen = false;
        var (unknown, unsent) = FailRemains(forGood: false);
        await preparing.ConfigureAwait(false);
        if (wasOpen)
        {
            RedisLog.Lost(_parts.Log, Endpoint, Kind.ToString(), reason, unknown, unsent);
            _owner.Lost(this, _watch.LostSince(link));
        }

        return wasOpen;
    }

    /// <returns>Whether the connection may be used.</returns>
    private async Task<bool> Prepare(ServerFacts facts, CancellationToken ended)
    {
        try
        {
            await _owner.Prepare(this, facts, ended).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception exception) when (exception is LinkException or RedisStartException)
        {
            NotConnected(exception);
            return false;
        }
        catch (Exception exception)
        {
            RedisLog.CallbackFailed(_parts.Log, exception);
            _owner.NotConnected(this, exception);
            return false;
        }
    }

    private void Open(ServerFacts facts, int life)
    {
        RedisLog.Connected(_parts.Log, Endpoint, Kind.ToString(), facts.Version, facts.RunId);
        _isOpen = true;
        if (_outbox.Open())
            StartFlusher(life);
        _owner.Opened(this);
    }

    private void NotConnected(Exception reason)
    {
        if (reason is RedisStartException)
            RedisLog.Refused(_parts.Log, Endpoint, Kind.ToString(), reason.Message);
        else
            RedisLog.NotConnected(_parts.Log, Endpoint, Kind.ToString(), reason.Message);
        _owner.NotConnected(this, reason);
    }

    private void StartFlusher(int life)
    {
        // Whoever comes late for a life that is over has nothing to start: its commands have failed or wait for the next.
        if (Volatile.Read(ref _flusher) is { } flusher && flusher.Life == life)
            flusher.Start();
    }

    private (int Unknown, int Unsent) FailRemains(bool forGood)
    {
        var remains = _outbox.Shut(forGood);
        foreach (var entry in remains.Written)
            Fail([entry.Caller], RedisFailure.Unknown);
        foreach (var entry in remains.Unsent)
            Fail([entry.Caller], RedisFailure.NotSent);
        return (remains.Written.Count, remains.Unsent.Count);
    }

    /// <summary>An error that says that the topology has changed is acted upon here, whoever asked.</summary>
    private void Judge(RedisError error)
    {
        if (error.Code is RedisErrorCode.ReadOnly or RedisErrorCode.MasterDown)
        {
            // What was written before gets its answers, which say the same; nothing more is written here.
            _isLeaving = true;
            _outbox.Leave();
        }

        if (error.Code is RedisErrorCode.ReadOnly or RedisErrorCode.MasterDown or RedisErrorCode.ClusterDown)
            _owner.Suspect();
    }

    /// <summary>A redirect without a host means the host that sent it.</summary>
    private RedisReply WithHost(in RedisReply reply) => reply.Error is { Endpoint: { Host.Length: 0 } unnamed } error
        ? RedisReply.OfError(error with { Endpoint = unnamed with { Host = Endpoint.Host } })
        : reply;
}

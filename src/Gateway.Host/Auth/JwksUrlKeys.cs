// Keys from a URL: fetched in the background at start and when they are old, and at once for a key id that is not known, but never
// more often than the intervals allow. While the URL is away the former keys stay in force. One fetch at a time, whoever waits for it.

namespace Gateway.Host.Auth;

internal sealed partial class JwksUrlKeys : IKeySource, IDisposable
{
    /// <summary>How soon after a fetch a token with an unknown key id may cause the next: a peer can forge such tokens at will.</summary>
    public static readonly TimeSpan UnknownKeyInterval = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    /// <summary>Bounds how long a key that was taken out of the set is still believed.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Shorter than the 5 s that an unauthenticated socket has.</summary>
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(4);

    private readonly Uri _url;
    private readonly HttpClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger<JwksUrlKeys> _log;
    private readonly Lock _gate = new();
    private volatile KeyRing _keys = KeyRing.Empty;
    private Task _fetch = Task.CompletedTask;
    private long? _tried;
    private bool _failed;

    public JwksUrlKeys(Uri url, HttpMessageHandler handler, TimeProvider time, ILogger<JwksUrlKeys> log)
    {
        _url = url;
        _time = time;
        _log = log;
        _client = new HttpClient(handler) { Timeout = FetchTimeout, MaxResponseContentBufferSize = JwksDocument.MaxBytes };
    }

    public KeyRing Current
    {
        get
        {
            _ = Begin(MaxAge);
            return _keys;
        }
    }

    public async ValueTask<bool> Refresh(CancellationToken cancellation)
    {
        if (Begin(UnknownKeyInterval) is not { } fetch)
            return false;
        await fetch.WaitAsync(cancellation);
        return true;
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The fetch to wait for: one under way, or a new one where the last began long enough ago; else null.</summary>
    private Task? Begin(TimeSpan interval)
    {
        lock (_gate)
        {
            if (!_fetch.IsCompleted)
                return _fetch;
            var wait = _failed && interval > RetryInterval ? RetryInterval : interval;
            if (_tried is { } tried && _time.GetElapsedTime(tried) < wait)
                return null;
            _tried = _time.GetTimestamp();
            return _fetch = Task.Run(Fetch);
        }
    }

    private async Task Fetch()
    {
        KeyRing? keys = null;
        try
        {
            keys = JwksDocument.Parse(await _client.GetByteArrayAsync(_url));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever the other end does, the former keys stay. Said below, once an outage; the next token tries again.
        }

        var wasFailing = _failed;
        _failed = keys is not { Count: > 0 };
        if (!_failed)
            _keys = keys!;
        if (_failed && !wasFailing)
            Away(_keys.Count);
        else if (!_failed && wasFailing)
            Back(_keys.Count);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token keys could not be fetched; {Count} former keys stay in force.")]
    private partial void Away(int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The token keys are fetched again: {Count}.")]
    private partial void Back(int count);
}

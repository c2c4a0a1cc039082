// Keys from a file, read again whenever it is another one (also behind a symbolic link that was turned). A file that can't be read
// any more leaves the last keys in force. Looked at by whichever thread checks a token; a look is one stat.

using Gateway.Host.Options;

namespace Gateway.Host.Auth;

internal sealed partial class JwksFileKeys : IKeySource
{
    private readonly string _path;
    private readonly ILogger<JwksFileKeys> _log;
    private readonly Lock _gate = new();
    private (string Target, DateTime Written, long Length) _stamp;
    private volatile KeyRing _keys;

    /// <exception cref="StartException">The file is not there or holds no usable key.</exception>
    public JwksFileKeys(string path, ILogger<JwksFileKeys> log)
    {
        _path = Path.GetFullPath(path);
        _log = log;
        _stamp = Look() ?? default;
        _keys = Load() is { Count: > 0 } keys
            ? keys
            : throw new StartException($"{GatewayOptions.Section}:Auth:JwksFile must be a readable JSON Web Key Set with at least one usable key.");
    }

    public KeyRing Current
    {
        get
        {
            var stamp = Look();
            if (stamp is null || stamp == _stamp)
                return _keys;
            lock (_gate)
            {
                if (stamp == _stamp)
                    return _keys;
                _stamp = stamp.Value;
                if (Load() is { Count: > 0 } keys)
                {
                    _keys = keys;
                    Reloaded(keys.Count);
                }
                else
                {
                    Unusable();
                }

                return _keys;
            }
        }
    }

    /// <summary>Current has looked already.</summary>
    public ValueTask<bool> Refresh(CancellationToken cancellation) => ValueTask.FromResult(false);

    private (string Target, DateTime Written, long Length)? Look()
    {
        try
        {
            var file = File.ResolveLinkTarget(_path, returnFinalTarget: true) as FileInfo ?? new FileInfo(_path);
            return file.Exists ? (file.FullName, file.LastWriteTimeUtc, file.Length) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private KeyRing? Load()
    {
        try
        {
            return new FileInfo(_path) is { Exists: true } && Look() is { Length: <= JwksDocument.MaxBytes }
                ? JwksDocument.Parse(File.ReadAllBytes(_path))
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Read {Count} token keys from the changed key file.")]
    private partial void Reloaded(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The changed key file holds no usable key set; the former keys stay in force.")]
    private partial void Unusable();
}

// Where verification keys come from: the configuration, a file, or a URL.

namespace Gateway.Host.Auth;

/// <summary>
/// 1. Neither member throws on account of the source: what can't be read leaves the keys as they were.
/// 2. Current never waits. Refresh may, for a bounded time, and answers false where nothing was tried.
/// </summary>
internal interface IKeySource
{
    KeyRing Current { get; }

    /// <summary>A token named a key that is not known: look again, if that is allowed now.</summary>
    ValueTask<bool> Refresh(CancellationToken cancellation);
}

/// <summary>The secret of the configuration, which never changes.</summary>
internal sealed class FixedKeys(KeyRing keys) : IKeySource
{
    public KeyRing Current => keys;

    public ValueTask<bool> Refresh(CancellationToken cancellation) => ValueTask.FromResult(false);
}

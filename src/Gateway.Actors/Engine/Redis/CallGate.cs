// How many calls of a partition are under way at once. The rest waits here, in order and with no deadline of a connection running: a connection
// that is given more than Redis answers in time is dropped with all of it, and everyone's second attempt is more of the same load.

namespace Gateway.Actors.Engine.Redis;

internal sealed class CallGate : IDisposable
{
    /// <summary>At 50 µs a call, 64 partitions of one node take 25 ms of one Redis.</summary>
    public const int Width = 8;

    /// <summary>Past it a call is Busy at once.</summary>
    public const int MaxWaiting = 2_048;

    /// <summary>How long a call waits for its turn before it is Busy (the contract's 5 s).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turns = new(Width);
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <returns>False: it is not to be done; nothing has to be left.</returns>
    public ValueTask<bool> Enter() => _turns.Wait(TimeSpan.Zero) ? new(true) : Wait();

    public void Leave() => _turns.Release();

    public void Dispose() => _turns.Dispose();

    private async ValueTask<bool> Wait()
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            return await _turns.WaitAsync(Patience).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

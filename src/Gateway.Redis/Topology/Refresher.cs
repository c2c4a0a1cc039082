// Looks at the topology whenever it was asked to: one look at a time, however many ask, and a pause between two.

using System.Threading.Channels;
using Gateway.Redis.Connections;

namespace Gateway.Redis.Topology;

internal sealed class Refresher(Func<CancellationToken, Task> look, ClientParts parts) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // One place: a wish that is there already stands for all others.
    private readonly Channel<bool> _wishes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    public void Start() => _run = Run();

    public void Ask() => _wishes.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task Run()
    {
        try
        {
            while (true)
            {
                await _wishes.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
                await Look().ConfigureAwait(false);
                await Task.Delay(Pause, parts.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task Look()
    {
        try
        {
            await look(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A fault of this client; without looks it would never find a new primary.
            RedisLog.Fault(parts.Log, exception);
        }
    }
}

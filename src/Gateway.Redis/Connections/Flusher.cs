// Writes what gathers for one connection: a write at a time, as large as what came together during the one before, until nothing is left.
// It runs on the thread pool, and only while there is something to write.

namespace Gateway.Redis.Connections;

internal sealed class Flusher(Outbox outbox, Link link, int life) : IThreadPoolWorkItem
{
    public int Life => life;

    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Execute() => _ = Flush();

    private async Task Flush()
    {
        Batch? previous = null;
        while (outbox.TryTake(life, previous, out var batch))
        {
            if (!await link.Write(batch.Bytes).ConfigureAwait(false))
                return;
            previous = batch;
        }
    }
}

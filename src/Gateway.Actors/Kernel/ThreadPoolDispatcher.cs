// Runs actors on the shared thread pool. The global queue on purpose: a thread's own queue is last in, first out, and would let
// an actor that schedules itself again starve its neighbours.

namespace Gateway.Actors.Kernel;

public sealed class ThreadPoolDispatcher : IDispatcher
{
    public static ThreadPoolDispatcher Instance { get; } = new();

    public void Schedule(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}

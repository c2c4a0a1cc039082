// Where actors run.

namespace Gateway.Actors.Kernel;

/// <summary>
/// 1. Each scheduled item is executed exactly once, later or on another thread, never inside Schedule.
/// 2. Items are taken about in the order they came: one that schedules itself again goes behind those that wait.
/// </summary>
public interface IDispatcher
{
    void Schedule(IThreadPoolWorkItem work);
}

// One event of a backend on its way into a room; the task ends with the engine's outcome, on a thread of the pool and not the engine's.

using Gateway.Actors.Engine;

namespace Gateway.Host.Api;

internal sealed class BackendPublication : Publication
{
    private readonly TaskCompletionSource<PublishOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<PublishOutcome> Outcome => _completion.Task;

    public override void Completed(in PublishOutcome outcome) => _completion.TrySetResult(outcome);
}

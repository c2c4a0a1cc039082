// The forgetting of a history, in order with what is published. It brings the new epoch, so that it may be sent again.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class ForgetEntry(RedisCommand command) : LaneEntry(command, isRepeatable: true)
{
    private readonly TaskCompletionSource<EngineStatus> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<EngineStatus> Answer => _completion.Task;

    public override bool Take(in RedisReply reply) => reply.Count == 1;

    public override void Complete() => _completion.SetResult(EngineStatus.Ok);

    public override void Fail(EngineStatus status) => _completion.SetResult(status);
}

// A request that somebody awaits.

namespace Gateway.Actors.Engine.Embedded;

/// <param name="apply">Runs on the writer thread.</param>
/// <param name="failed">The answer where it was not done, or perhaps was.</param>
/// <param name="inline">The awaiting code runs on the writer's thread (a pumped engine: there is no other).</param>
internal sealed class Request<T>(Func<EngineState, T> apply, Func<EngineStatus, T> failed, bool inline) : Work
{
    private readonly TaskCompletionSource<T> _completion =
        new(inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    private T _answer = default!;

    public Task<T> Answer => _completion.Task;

    public override SessionKey? Abandoned => Abandons?.Invoke(_answer);

    public Func<T, SessionKey?>? Abandons { get; init; }

    public bool WorksWithoutJournal { get; init; }

    public override bool NeedsNoJournal => WorksWithoutJournal;

    public override void Apply(EngineState state) => _answer = apply(state);

    public override void Refuse(EngineStatus status) => _answer = failed(status);

    protected override void OnCompleted() => _completion.SetResult(_answer);

    protected override void OnFailed(EngineStatus status) => _completion.SetResult(failed(status));
}

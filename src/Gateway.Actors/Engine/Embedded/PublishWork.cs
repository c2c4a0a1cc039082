// A publication that is to be stored.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class PublishWork : Work
{
    private readonly Publication _publication;
    private readonly EngineMetrics _metrics;
    private readonly UInt128 _hash;
    private PublishOutcome _outcome;

    public PublishWork(Publication publication, EngineMetrics metrics)
    {
        _publication = publication;
        _metrics = metrics;
        // Hashed on the caller's thread; the writer's time is the scarce one.
        if (publication.HasClientId)
            _hash = PublicationId.HashOf(publication.IdScope, publication.Event.Id);
    }

    public override void Apply(EngineState state) => _outcome = state.Log.Publish(_publication, _hash);

    public override void Refuse(EngineStatus status) => _outcome = Outcome(status);

    protected override void OnCompleted()
    {
        if (_outcome.Status == PublishStatus.Stored)
            (_outcome.Duplicate ? _metrics.Duplicates : _metrics.Stored).Add(1);
        _publication.Completed(_outcome);
    }

    protected override void OnFailed(EngineStatus status) => _publication.Completed(Outcome(status));

    private static PublishOutcome Outcome(EngineStatus status) => new(status switch
    {
        EngineStatus.Busy => PublishStatus.Busy,
        EngineStatus.Unknown => PublishStatus.Unknown,
        _ => PublishStatus.Degraded,
    });
}

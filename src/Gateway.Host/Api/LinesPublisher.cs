// Publishes a body of one event a line (NDJSON) as it comes. So many lines are in flight at most; while the engine has them the body is
// not read on, which is the backpressure. Run by its request alone.

using Gateway.Actors.Engine;
using Gateway.Actors.Policy;
using Gateway.Host.Auth;
using Gateway.Protocol;

namespace Gateway.Host.Api;

internal sealed class LinesPublisher(BackendApi api, RoomName room)
{
    /// <summary>Enough to fill the engine's transactions, few enough that one stream can't fill its queue.</summary>
    public const int InFlight = 128;

    public const int ListedErrors = 100;

    /// <summary>A full queue is others' doing: it is waited out, for some seconds in all, before a line is given up.</summary>
    private const int BusyRetries = 20;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    private readonly Queue<Pending> _pending = new();
    private readonly List<LineError> _errors = [];
    private long _accepted;
    private long _rejected;

    private readonly record struct Pending(long Line, BackendEvent? Event, BackendPublication? Publication, ApiProblem? Problem);

    public async Task<LinesAnswer> Run(HttpRequest request, CancellationToken cancellation)
    {
        var lines = new LineReader(request.BodyReader, api.FrameBytes);
        while (await lines.Next(cancellation) is { Number: > 0 } line)
        {
            if (line.Text is { } text && text.AsSpan().Trim(" \t"u8).IsEmpty)
                continue;
            if (_pending.Count == InFlight)
                await Settle(_pending.Dequeue(), cancellation);
            _pending.Enqueue(Submit(line));
        }

        while (_pending.TryDequeue(out var pending))
            await Settle(pending, cancellation);
        return new LinesAnswer(_accepted, _rejected, _errors);
    }

    private Pending Submit(LineReader.Line line)
    {
        if (line.Text is null)
            return new Pending(line.Number, null, null, ApiProblem.TooLarge);
        var (parsed, problem) = BackendEvent.Parse(api.Dialect, line.Text);
        if (parsed is null)
            return new Pending(line.Number, null, null, problem);
        (var publication, problem) = parsed.For(room, api.Namespaces, api.NewId);
        if (publication is not null)
            api.Engine.Publish(publication);
        return new Pending(line.Number, parsed, publication, problem);
    }

    private async ValueTask Settle(Pending pending, CancellationToken cancellation)
    {
        var problem = pending.Problem;
        if (pending.Publication is { } publication)
        {
            var outcome = await publication.Outcome;
            for (var i = 0; outcome.Status == PublishStatus.Busy && i < BusyRetries; i++)
            {
                await Task.Delay(BusyPause, api.Time, cancellation);
                var again = pending.Event!.For(room, api.Namespaces, api.NewId).Publication!;
                api.Engine.Publish(again);
                outcome = await again.Outcome;
            }

            problem = ApiProblem.Of(outcome.Status);
        }

        if (problem is null)
        {
            _accepted++;
            return;
        }

        _rejected++;
        if (_errors.Count < ListedErrors)
            _errors.Add(new LineError(pending.Line, WireCode.Of(problem.Code), problem.Field));
    }
}

// A publication whose outcome a test awaits.

using System.Text;
using Gateway.Actors.Engine;
using Gateway.Protocol;

namespace Gateway.Actors.Tests.Engine;

public sealed class TestPublication : Publication
{
    private readonly TaskCompletionSource<PublishOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _completions;

    public Task<PublishOutcome> Outcome => _outcome.Task;

    /// <summary>Runs when it is completed, on the engine's thread.</summary>
    public Action? OnCompleted { get; init; }

    public int Completions => Volatile.Read(ref _completions);

    public override void Completed(in PublishOutcome outcome)
    {
        Interlocked.Increment(ref _completions);
        OnCompleted?.Invoke();
        _outcome.TrySetResult(outcome);
    }

    public static TestPublication To(
        RoomName room, string? id = null, string user = "ann", string fields = "\"content\":\"hi\"", bool ephemeral = false, Action? onCompleted = null) =>
        new()
        {
            Event = new RoomEvent
            {
                Room = room,
                Type = "message",
                Id = id ?? "server-made",
                SenderId = user,
                SenderName = user,
                Fields = Encoding.UTF8.GetBytes(fields),
                Ephemeral = ephemeral,
            },
            IdScope = user,
            HasClientId = id is not null,
            OnCompleted = onCompleted,
        };
}

// A Redis as one lane sees it: it keeps what is sent until the test answers, and stores in the order of the answers.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Redis.Publishing;
using Gateway.Redis;

namespace Gateway.Actors.Tests.Engine.Redis.Publishing;

internal sealed class FakePort : ILanePort
{
    public List<TestEntry> Sent { get; } = [];

    public List<LaneBatch> Batches { get; } = [];

    public bool WaitsForReplica { get; init; }

    /// <summary>What is sent is refused within the call.</summary>
    public RedisFailure? Refuses { get; set; }

    public int Redirects { get; private set; }

    public int Over { get; private set; }

    public void Send(LaneEntry entry)
    {
        if (Refuses is { } failure)
            ((IRedisCaller)entry).Failed(failure);
        else
            Sent.Add((TestEntry)entry);
    }

    public void SendWithWait(LaneBatch batch)
    {
        Batches.Add(batch);
        Sent.AddRange(batch.Entries.Cast<TestEntry>());
    }

    public void Redirected(RedisError error) => Redirects++;

    public void Retrying(int entries)
    {
    }

    public void Released(int entries) => Over += entries;

    public TestEntry Take()
    {
        var entry = Sent[0];
        Sent.RemoveAt(0);
        return entry;
    }
}

internal sealed class TestEntry(int number, bool isRepeatable = true) : LaneEntry(RedisCommand.Of("PING"), isRepeatable)
{
    public int Number { get; } = number;

    /// <summary>Ok where it was completed.</summary>
    public EngineStatus? Outcome { get; private set; }

    public Action? OnCompleted { get; init; }

    public void Answer() => ((IRedisCaller)this).Completed(RedisReply.OfText("OK"));

    public void Answer(RedisErrorCode code) => ((IRedisCaller)this).Completed(RedisReply.OfError(code, "no"));

    public void Break(RedisFailure failure) => ((IRedisCaller)this).Failed(failure);

    public override bool Take(in RedisReply reply) => reply.Text == "OK";

    public override void Complete()
    {
        Settle(EngineStatus.Ok);
        OnCompleted?.Invoke();
    }

    public override void Fail(EngineStatus status) => Settle(status);

    private void Settle(EngineStatus status)
    {
        Assert.Null(Outcome);
        Outcome = status;
    }
}

// One client of a test node: sends JSON as a socket would, and says what it received.

using System.Text;
using System.Text.Json.Nodes;
using Gateway.Actors.Connections;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Tests.Connections;

internal sealed class TestClient(TestNode node, FakeSink sink, IConnectionPort port)
{
    private int _seen;

    public FakeSink Sink => sink;

    public IConnectionPort Port => port;

    public string Session => (string)All("welcome")[^1]["session"]!;

    /// <summary>Sends one frame and lets everything happen that follows from it.</summary>
    public TestClient Send(string json)
    {
        var taken = Hand(json);
        port.Heard();
        node.Settle();
        if (taken.IsCompleted)
            IsOpen = taken.Result;
        else
            IsHeldBack = true;
        return this;
    }

    /// <summary>Hands a frame in, and lets nothing happen yet.</summary>
    public ValueTask<bool> Hand(string json)
    {
        var messages = new List<ClientMessage>();
        TestNode.Dialect.Parse(Encoding.UTF8.GetBytes(json), messages);
        return port.Receive(messages);
    }

    public bool IsOpen { get; private set; } = true;

    /// <summary>The reader was told to wait.</summary>
    public bool IsHeldBack { get; private set; }

    /// <summary>The socket closes, as seen by the reader.</summary>
    public void Disconnect()
    {
        port.Closed();
        node.Settle();
    }

    /// <summary>What came since the last call.</summary>
    public List<JsonObject> New()
    {
        var frames = sink.Frames;
        var fresh = frames[_seen..];
        _seen = frames.Count;
        return fresh;
    }

    public List<JsonObject> All(string type) => sink.Frames.Where(frame => (string)frame["type"]! == type).ToList();

    /// <summary>What came since the last call must be one frame of this type (beside others).</summary>
    public JsonObject Expect(string type)
    {
        var fresh = New();
        var found = fresh.Where(frame => (string)frame["type"]! == type).ToList();
        Assert.True(found.Count == 1, $"Expected one {type} among:\n{string.Join('\n', fresh.Select(frame => frame.ToJsonString()))}\nclosed: {sink.Closed}");
        return found[0];
    }

    public JsonObject ExpectError(string code)
    {
        var error = Expect("error");
        Assert.Equal(code, (string)error["code"]!);
        return error;
    }

    public void ExpectNothing() =>
        Assert.Equal("", string.Join('\n', New().Select(frame => frame.ToJsonString())));

    /// <summary>Seq and content of the events that came since the last call.</summary>
    public List<(long Seq, string Content)> Events() =>
        New().Where(frame => (string)frame["type"]! == "message").Select(frame => ((long)frame["seq"]!, (string)frame["content"]!)).ToList();
}

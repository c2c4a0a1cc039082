// A reference that stands for another actor in a test: it records what it is told, and expectations read that in order. Before an
// expectation is judged, everything set in motion has run. An expectation that fails says what was received.

using System.Text;
using Gateway.Actors.Kernel;

namespace Gateway.TestKit;

public sealed class Probe : ActorRef
{
    private readonly Lock _lock = new();
    private readonly List<Received> _received = [];
    private readonly HashSet<ActorRef> _watchers = [];
    private readonly Action _settle;
    private int _next;
    private bool _ended;
    private TellOutcome _answer = TellOutcome.Accepted;

    /// <param name="settle">Runs what is set in motion; nothing where actors run by themselves.</param>
    public Probe(string name, Action? settle = null)
    {
        Path = "/probe/" + name;
        _settle = settle ?? (() => { });
    }

    public override string Path { get; }

    /// <summary>Everything received so far, expected or not.</summary>
    public IReadOnlyList<object> Messages
    {
        get
        {
            _settle();
            lock (_lock)
                return _received.ConvertAll(received => received.Message);
        }
    }

    /// <summary>Who sent the message that the latest expectation returned.</summary>
    public ActorRef LastSender { get; private set; } = Nobody;

    /// <summary>What TryTell answers from now on; anything but Accepted is not recorded.</summary>
    public void Answer(TellOutcome outcome) => _answer = outcome;

    public override TellOutcome TryTell(object message, ActorRef? sender = null)
    {
        lock (_lock)
        {
            if (_ended)
                return TellOutcome.Stopped;
            if (_answer == TellOutcome.Accepted)
                _received.Add(new Received(message, sender ?? Nobody));
            return _answer;
        }
    }

    /// <summary>The next message, which must be a T.</summary>
    public T ExpectMsg<T>() => ExpectMsg<T>(_ => true);

    /// <summary>The next message, which must be a T that the predicate holds for.</summary>
    public T ExpectMsg<T>(Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        _settle();
        lock (_lock)
        {
            if (_next == _received.Count)
                throw Unmet($"a {typeof(T).Name}, but nothing more came");
            if (_received[_next].Message is not T message)
                throw Unmet($"a {typeof(T).Name}");
            if (!predicate(message))
                throw Unmet($"a {typeof(T).Name} of other content");
            LastSender = _received[_next++].Sender;
            return message;
        }
    }

    /// <summary>The next message, which must equal the given one.</summary>
    public void ExpectMsg<T>(T expected)
        where T : notnull
    {
        if (!ExpectMsg<T>(_ => true).Equals(expected))
        {
            lock (_lock)
            {
                _next--;
                throw Unmet($"{expected}");
            }
        }
    }

    public void ExpectNoMsg()
    {
        _settle();
        lock (_lock)
        {
            if (_next < _received.Count)
                throw Unmet("nothing");
        }
    }

    public Terminated ExpectTerminated(ActorRef actor) => ExpectMsg<Terminated>(terminated => terminated.Ref == actor);

    /// <summary>What came up to now need not be expected any more.</summary>
    public void Ignore()
    {
        _settle();
        lock (_lock)
            _next = _received.Count;
    }

    /// <summary>A <see cref="Terminated"/> is recorded when the other has ended.</summary>
    public void Watch(ActorRef other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!other.SendSystem(new Watch(this)))
            Tell(new Terminated(other), other);
    }

    /// <summary>Ends the probe: it refuses what it is told, and its watchers are told.</summary>
    public void Stop()
    {
        ActorRef[] watchers;
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
            watchers = [.. _watchers];
        }

        foreach (var watcher in watchers)
            watcher.SendSystem(new WatchedEnded(this));
    }

    internal override bool SendSystem(SystemMessage message)
    {
        lock (_lock)
        {
            if (_ended)
                return false;
            if (message is Watch watch)
                _watchers.Add(watch.Watcher);
            else if (message is Unwatch unwatch)
                _watchers.Remove(unwatch.Watcher);
            else if (message is WatchedEnded ended)
                _received.Add(new Received(new Terminated(ended.Actor), ended.Actor));
        }

        if (message is Terminate)
            Stop();
        return true;
    }

    private ExpectationException Unmet(string expected)
    {
        var text = new StringBuilder($"{Path} expected {expected}. Received:");
        for (var i = 0; i < _received.Count; i++)
            text.Append($"\n  {(i == _next ? "→" : " ")} {i + 1}. {_received[i].Message.GetType().Name}: {_received[i].Message}");
        if (_received.Count == 0)
            text.Append(" nothing.");
        return new ExpectationException(text.ToString());
    }

    private readonly record struct Received(object Message, ActorRef Sender);
}

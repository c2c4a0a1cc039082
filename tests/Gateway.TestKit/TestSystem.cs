// An actor system on one thread and virtual time: nothing runs but in Run and Advance, so a test sees every state it asks for.
// Dead letters and failures are recorded.

using Gateway.Actors.Kernel;

namespace Gateway.TestKit;

public sealed class TestSystem : IDisposable
{
    private int _actors;
    private int _probes;

    /// <param name="seed">Decides the order in which ready actors run; null: the order in which they became ready.</param>
    public TestSystem(int throughput = 100, int? seed = null, SupervisorStrategy? guardianStrategy = null)
    {
        Dispatcher = new SingleThreadDispatcher(seed);
        System = new ActorSystem(new ActorSystemOptions
        {
            Name = "test",
            Time = Time,
            Dispatcher = Dispatcher,
            Throughput = throughput,
            WheelTick = TimeSpan.FromMilliseconds(1),
            GuardianStrategy = guardianStrategy ?? SupervisorStrategy.Default,
        });
        System.OnDeadLetter += letter => Record(DeadLetters, letter);
        System.OnFailure += failure => Record(Failures, failure);
        Run();
    }

    public ActorSystem System { get; }

    public VirtualTime Time { get; } = new();

    public SingleThreadDispatcher Dispatcher { get; }

    public List<DeadLetter> DeadLetters { get; } = [];

    public List<ActorFailure> Failures { get; } = [];

    public Probe CreateProbe(string? name = null) => new(name ?? $"{++_probes}", Run);

    /// <summary>Starts a top-level actor; it has run its PreStart when this returns.</summary>
    public ActorRef Spawn(Props props, string? name = null)
    {
        var actor = System.Spawn(props, name ?? $"actor-{++_actors}");
        Run();
        return actor;
    }

    public ActorRef Spawn(Func<Actor> factory, string? name = null) => Spawn(Props.Create(factory), name);

    /// <summary>Runs until no actor has anything to do.</summary>
    public void Run() => Dispatcher.RunUntilIdle();

    /// <summary>Moves the time on, stopping at each timer on the way to run what it set in motion.</summary>
    public void Advance(TimeSpan by)
    {
        Run();
        Time.Advance(by, Run);
        Run();
    }

    /// <summary>Stops all actors.</summary>
    public void Terminate()
    {
        var terminated = System.Terminate().AsTask();
        Run();
        if (!terminated.IsCompletedSuccessfully)
            throw new ExpectationException($"The system did not terminate: {System.Counters.ActorsAlive} actors are alive.");
    }

    public void Dispose() => Terminate();

    private static void Record<T>(List<T> list, T item)
    {
        lock (list)
            list.Add(item);
    }
}

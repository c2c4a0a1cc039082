// A set of actors under one guardian, with their dispatcher, clock, timing wheel and reports. Any thread may use it.

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Kernel;

public sealed class ActorSystem : IAsyncDisposable
{
    private readonly ActorCell _guardian;
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _namesLock = new();
    private readonly HashSet<string> _names = [];
    private readonly ILogger _logger;
    private readonly LogRate _deadLetterRate;
    private readonly LogRate _failureRate;

    public ActorSystem(ActorSystemOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Throughput);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.WheelTick, TimeSpan.Zero);
        Name = options.Name;
        Time = options.Time;
        Dispatcher = options.Dispatcher;
        Throughput = options.Throughput;
        _logger = options.Logger ?? NullLogger.Instance;
        _deadLetterRate = new LogRate(Time);
        _failureRate = new LogRate(Time);
        DeadLetters = new DeadLetterOffice(this);
        Scheduler = new Scheduler(Time, options.WheelTick, e => KernelLog.CallbackFailed(_logger, e, Name));
        _guardian = new ActorCell(this, Props.Create(() => new Guardian(options.GuardianStrategy)), null, "user");
        _guardian.SendSystem(new Create());
    }

    /// <summary>Runs on the thread that found the dead letter; must be short. What it throws is logged.</summary>
    public event Action<DeadLetter>? OnDeadLetter;

    /// <summary>Runs on the supervisor's turn; must be short. What it throws is logged.</summary>
    public event Action<ActorFailure>? OnFailure;

    public string Name { get; }

    public TimeProvider Time { get; }

    public ActorRef DeadLetters { get; }

    public KernelCounters Counters { get; } = new();

    public Scheduler Scheduler { get; }

    internal IDispatcher Dispatcher { get; }

    internal int Throughput { get; }

    /// <summary>Starts a top-level actor.</summary>
    /// <exception cref="InvalidOperationException">One of that name is alive, or the system is terminating.</exception>
    public ActorRef Spawn(Props props, string name)
    {
        ArgumentNullException.ThrowIfNull(props);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (_namesLock)
        {
            if (!_names.Add(name))
                throw new InvalidOperationException($"A top-level actor named '{name}' is alive.");
        }

        var actor = new ActorCell(this, props, _guardian, name);
        Counters.ActorSpawned();
        if (!_guardian.SendSystem(new Adopt(actor)))
        {
            Counters.ActorEnded();
            throw new InvalidOperationException($"The actor system {Name} has terminated.");
        }

        actor.SendSystem(new Create());
        return actor;
    }

    /// <summary>Stops any actor, after its current message.</summary>
    public void Stop(ActorRef actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (actor == _guardian)
            throw new InvalidOperationException("The guardian stops with its system: use Terminate.");
        actor.SendSystem(new Terminate());
    }

    /// <summary>Stops all actors, children before their parents, then the timing wheel. Completes when all have ended.</summary>
    public ValueTask Terminate()
    {
        _guardian.SendSystem(new Terminate());
        return new ValueTask(_terminated.Task);
    }

    public ValueTask DisposeAsync() => Terminate();

    internal void GuardianEnded()
    {
        Scheduler.Dispose();
        _terminated.TrySetResult();
    }

    internal void ReleaseName(string name)
    {
        lock (_namesLock)
            _names.Remove(name);
    }

    internal void PublishDeadLetter(object message, ActorRef? sender, ActorRef recipient, DeadLetterReason reason)
    {
        Counters.DeadLetterPublished();
        // A report that itself finds no recipient is only counted, or it would report itself for ever.
        if (message is DeadLetter)
            return;
        if (_deadLetterRate.TryTake(out var suppressed))
            KernelLog.DeadLetter(_logger, message.GetType().Name, recipient, reason, suppressed);
        if (OnDeadLetter is not null)
            Report(OnDeadLetter, new DeadLetter(message, sender ?? DeadLetters, recipient, reason));
    }

    internal void PublishFailure(ActorFailure failure)
    {
        Counters.ActorFailed();
        if (_failureRate.TryTake(out var suppressed))
        {
            KernelLog.ActorFailed(
                _logger, failure.Reason, failure.Actor, failure.Place, failure.Message?.GetType().Name, failure.Directive, suppressed);
        }

        Report(OnFailure, failure);
    }

    private void Report<T>(Action<T>? subscribers, T report)
    {
        try
        {
            subscribers?.Invoke(report);
        }
        catch (Exception e)
        {
            KernelLog.CallbackFailed(_logger, e, Name);
        }
    }
}

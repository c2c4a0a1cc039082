// An actor whose behaviour a test writes in place, and that tells a probe about each step of its life.

using Gateway.Actors.Kernel;

namespace Gateway.Actors.Tests.Kernel;

internal sealed class ScriptedActor(ActorRef log, ScriptedActor.Script script) : Actor
{
    protected override SupervisorStrategy SupervisorStrategy => script.Strategy ?? base.SupervisorStrategy;

    public static Props Props(ActorRef log, Script script) =>
        Gateway.Actors.Kernel.Props.Create(() =>
        {
            script.OnFactory?.Invoke();
            return new ScriptedActor(log, script);
        });

    protected override void PreStart()
    {
        log.Tell("start " + script.Name, Self);
        script.OnStart?.Invoke(Context);
    }

    protected override void PostStop()
    {
        log.Tell("stop " + script.Name, Self);
        script.OnStop?.Invoke();
    }

    protected override void PreRestart(Exception reason, object? message)
    {
        log.Tell("before restart " + script.Name, Self);
        script.OnBeforeRestart?.Invoke(reason, message);
        if (!script.KeepChildren)
            base.PreRestart(reason, message);
    }

    protected override void PostRestart(Exception reason)
    {
        log.Tell("restart " + script.Name, Self);
        script.OnAfterRestart?.Invoke();
        base.PostRestart(reason);
    }

    protected override void Receive(object message)
    {
        switch (message)
        {
            case Exception failure:
                throw failure;
            case Action<ActorContext> act:
                act(Context);
                break;
            default:
                if (script.OnMessage is not null)
                    script.OnMessage(Context, message);
                else
                    log.Tell(message, Self);
                break;
        }
    }

    internal sealed class Script
    {
        public string Name { get; init; } = "a";

        public SupervisorStrategy? Strategy { get; init; }

        public bool KeepChildren { get; init; }

        public Action? OnFactory { get; init; }

        public Action<ActorContext>? OnStart { get; init; }

        public Action? OnStop { get; init; }

        public Action<Exception, object?>? OnBeforeRestart { get; init; }

        public Action? OnAfterRestart { get; init; }

        public Action<ActorContext, object>? OnMessage { get; init; }
    }
}

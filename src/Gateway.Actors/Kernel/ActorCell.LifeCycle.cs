// The life of an actor: made, started, stopped after its children. Its failures are in ActorCell.Failures.cs. On its own turn.

namespace Gateway.Actors.Kernel;

internal sealed partial class ActorCell
{
    private Phase _phase;

    private enum Phase : byte
    {
        New,
        Running,

        /// <summary>Between two instances, until the children that are stopping have ended.</summary>
        Restarting,

        /// <summary>Until all children have ended.</summary>
        Terminating,
        Ended,
    }

    /// <summary>The user lane waits.</summary>
    public bool IsSuspended => _phase != Phase.Running || _holds > 0;

    public string State => $"{Path} {_phase}, holds {_holds} (by parent {HeldByParent}), failed {_failed}, stopping {IsStopping}";

    // Of the parent, on the parent's turn.
    public bool IsStopping { get; set; }

    public int HeldByParent { get; set; }

    public RestartHistory? Restarts { get; set; }

    public void Handle(SystemMessage message)
    {
        switch (message)
        {
            case Watch watch:
                Watching.AddWatcher(watch.Watcher);
                break;
            case Unwatch unwatch:
                _watching?.RemoveWatcher(unwatch.Watcher);
                break;
            case WatchedEnded ended:
                _watching?.Ended(ended.Actor);
                break;
            case ChildEnded ended:
                OnChildEnded(ended.Child);
                break;
            case Adopt adopt:
                OnAdopt(adopt.Child);
                break;
            case Terminate:
                OnTerminate();
                break;
            case ChildFailed failed:
                OnChildFailed(failed);
                break;
            default:
                if (_phase != Phase.Terminating)
                    HandleOwn(message);
                break;
        }
    }

    /// <summary>What an actor that is stopping takes no notice of.</summary>
    private void HandleOwn(SystemMessage message)
    {
        switch (message)
        {
            case Create:
                Start(restartReason: null);
                break;
            case Suspend:
                _holds++;
                _children?.SuspendAll(except: null);
                break;
            case Resume resume:
                OnResume(resume.OwnFailure);
                break;
            case Restart restart:
                OnRestart(restart);
                break;
        }
    }

    private void OnAdopt(ActorCell child)
    {
        _children ??= new Children();
        _children.TryAdd(child);
        if (_phase == Phase.Terminating)
            _children.Stop(child);
    }

    /// <summary>Makes and starts an instance: the first, or with a reason the next.</summary>
    private void Start(Exception? restartReason)
    {
        var place = FailurePlace.Factory;
        _phase = Phase.Running;
        try
        {
            var actor = _props.Factory();
            actor.Attach(_context);
            _actor = actor;
            place = restartReason is null ? FailurePlace.PreStart : FailurePlace.PostRestart;
            if (restartReason is null)
                actor.OnStart();
            else
                actor.AfterRestart(restartReason);
        }
        catch (Exception e)
        {
            Discard();
            Fail(new ActorInitializationException($"{Path} could not be started: {e.Message}", e), null, place);
        }
    }

    private void OnChildEnded(ActorCell child)
    {
        _children?.Remove(child);
        if (Parent is null)
            System.ReleaseName(child.Name);
        if (_phase == Phase.Restarting)
            FinishReplaceIfReady();
        else if (_phase == Phase.Terminating && _children is null or { IsEmpty: true })
            End();
    }

    private void OnTerminate()
    {
        if (_phase == Phase.Terminating)
            return;
        _phase = Phase.Terminating;
        _children?.StopAll();
        if (_children is null or { IsEmpty: true })
            End();
    }

    private void End()
    {
        try
        {
            _actor?.OnStopped();
        }
        catch (Exception e)
        {
            System.PublishFailure(new ActorFailure(this, e, Directive.Stop, FailurePlace.PostStop, null));
        }

        Discard();
        UnstashAll();
        _phase = Phase.Ended;
        _mailbox.Close(Refuse, AnswerEnded);
        if (Parent is not null)
        {
            System.Counters.ActorEnded();
            Parent.SendSystem(new ChildEnded(this));
        }

        _watching?.Close();
        (_children, _watching, _timers) = (null, null, null);
        if (Parent is null)
            System.GuardianEnded();
    }

    private void Refuse(Envelope envelope)
    {
        if (envelope.Message is not InnerMessage)
            Refused(envelope.Message, envelope.Sender, TellOutcome.Stopped);
    }

    private void AnswerEnded(SystemMessage message)
    {
        if (message is Watch watch)
            watch.Watcher.SendSystem(new WatchedEnded(this));
        else if (message is Adopt adopt)
            adopt.Child.SendSystem(new Terminate());
    }

    /// <summary>Drops the instance and what was its own: behaviour and timers.</summary>
    private void Discard()
    {
        _timers?.CancelAll();
        (_actor, Behavior, _message, Sender) = (null, null, null, null);
    }
}

// How an actor fails, decides about a failed child, resumes and restarts, after Akka's rules. Every hold of the user lane is
// counted and matched by exactly one Resume or Restart: the actor's own failure is one, each Suspend of its parent another.

namespace Gateway.Actors.Kernel;

internal sealed partial class ActorCell
{
    private bool _failed;
    private int _holds;
    private ActorCell? _escalatedChild;
    private Exception? _restartReason;

    /// <summary>Holds the user lane, the children's too, and asks the supervisor.</summary>
    private void Fail(Exception reason, object? message, FailurePlace place, ActorCell? escalatedChild = null)
    {
        _failed = true;
        _holds++;
        _escalatedChild = escalatedChild;
        _children?.SuspendAll(except: escalatedChild);
        Parent!.SendSystem(new ChildFailed(this, reason, message, place));
    }

    private void OnChildFailed(ChildFailed failure)
    {
        var child = failure.Child;
        var reason = failure.Reason;
        var directive = Directive.Stop;
        if (_actor is not null && _phase == Phase.Running && !child.IsStopping)
        {
            try
            {
                directive = _actor.Strategy.Decide(child.Restarts ??= new RestartHistory(), reason, System.Time);
            }
            catch (Exception e)
            {
                directive = Directive.Escalate;
                reason = new AggregateException("The supervisor's decider failed.", e, reason);
            }

            // No one is left to ask: above the guardian, or because the supervisor itself is waiting for a decision.
            if (directive == Directive.Escalate && (_failed || Parent is null))
                directive = Directive.Stop;
        }

        System.PublishFailure(new ActorFailure(child, reason, directive, failure.Place, failure.Message));
        switch (directive)
        {
            case Directive.Resume:
                child.SendSystem(new Resume(ownFailure: true));
                break;
            case Directive.Restart:
                child.SendSystem(new Restart(reason, failure.Message));
                break;
            case Directive.Escalate:
                Fail(reason, null, FailurePlace.Escalated, child);
                break;
            default:
                _children?.Stop(child);
                break;
        }
    }

    private void OnResume(bool ownFailure)
    {
        _holds--;
        if (!ownFailure)
        {
            _children?.ResumeAll(failed: null);
            return;
        }

        var escalatedChild = _escalatedChild;
        (_failed, _escalatedChild) = (false, null);
        if (_actor is not null || _phase == Phase.Restarting)
            _children?.ResumeAll(escalatedChild);
        else
            Replace(reason: null);
    }

    private void OnRestart(Restart restart)
    {
        _holds--;
        if (_phase == Phase.Restarting)
        {
            // The restart under way serves for both; those who outlive it were held for both.
            _children?.ResumeAll(failed: null);
            return;
        }

        (_failed, _escalatedChild) = (false, null);
        if (_actor is null)
        {
            Replace(reason: null);
            return;
        }

        try
        {
            _actor.BeforeRestart(restart.Reason, restart.Message);
        }
        catch (Exception e)
        {
            System.PublishFailure(new ActorFailure(this, e, Directive.Restart, FailurePlace.PreRestart, restart.Message));
        }

        Discard();
        UnstashAll();
        Replace(restart.Reason);
    }

    /// <summary>Starts a new instance once the children that are stopping have ended.</summary>
    /// <param name="reason">Null: the one before did not even start, so nothing of it may stay.</param>
    private void Replace(Exception? reason)
    {
        if (reason is null)
            _children?.StopAll();
        (_phase, _restartReason) = (Phase.Restarting, reason);
        FinishReplaceIfReady();
    }

    private void FinishReplaceIfReady()
    {
        if (_children is { AnyStopping: true })
            return;
        var reason = _restartReason;
        _restartReason = null;
        if (reason is not null)
            _children?.RestartAll(reason);
        System.Counters.ActorRestarted();
        Start(reason);
    }
}

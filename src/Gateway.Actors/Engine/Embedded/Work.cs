// One thing that the writer thread does, and who waits for its outcome. Completed once: by the writer, or by the watch over a disk
// that does not answer, whichever is first.

namespace Gateway.Actors.Engine.Embedded;

internal abstract class Work
{
    private int _completed;

    /// <summary>It changes nothing in the journal: done also while that is away.</summary>
    public virtual bool NeedsNoJournal => false;

    /// <summary>A session that nobody owns if this fails: the one it would have given to its caller, or was to let go.</summary>
    public virtual SessionKey? Abandoned => null;

    /// <summary>On the writer thread: changes the state and writes rows. The outcome is kept until the commit.</summary>
    public abstract void Apply(EngineState state);

    /// <summary>A failure of its own; the rest of the batch goes on.</summary>
    public abstract void Refuse(EngineStatus status);

    /// <summary>False: it was failed before, though now it is done.</summary>
    public bool Complete()
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
            return false;
        OnCompleted();
        return true;
    }

    public void Fail(EngineStatus status)
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
            OnFailed(status);
    }

    protected abstract void OnCompleted();

    protected abstract void OnFailed(EngineStatus status);
}

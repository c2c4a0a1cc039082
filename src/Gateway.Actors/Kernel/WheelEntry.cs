// Something that waits in the timing wheel, linked into its slot. Its fields belong to the wheel.

namespace Gateway.Actors.Kernel;

internal abstract class WheelEntry
{
    public WheelEntry? Previous;
    public WheelEntry? Next;
    public long DueTick;
    public bool IsQueued;

    /// <summary>The ticks until it is due again; 0: once.</summary>
    public long PeriodTicks;

    /// <summary>On the timer's thread, outside the wheel's lock; must be short and must not throw.</summary>
    public abstract void Fire();
}

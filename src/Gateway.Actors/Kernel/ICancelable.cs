// The handle of something that is scheduled.

namespace Gateway.Actors.Kernel;

public interface ICancelable
{
    /// <summary>True when it was still pending and will not happen; false when it is too late.</summary>
    bool Cancel();
}

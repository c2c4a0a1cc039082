// Tells all callers that the time is over.

namespace Gateway.Redis.Bench;

internal sealed class TimeIsOver
{
    private volatile bool _isSet;

    public bool IsSet
    {
        get => _isSet;
        set => _isSet = value;
    }
}

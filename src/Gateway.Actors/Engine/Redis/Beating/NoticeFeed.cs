// What the nodes tell one another in a partition, each once and in order: pushed at once, and read by the beat where a push was missed.
// Pure; the act is called under the feed's lock, so it must only hand on.

namespace Gateway.Actors.Engine.Redis;

internal sealed class NoticeFeed(Action<string> act)
{
    private readonly Lock _gate = new();
    private long? _last;

    /// <summary>The number of the last one that was acted upon; null before the first beat.</summary>
    public long? Last
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    /// <summary>A push, or the own node's word for what it just said. One that does not follow the last waits for the beat.</summary>
    public void Heard(long number, string notice)
    {
        lock (_gate)
        {
            if (number == _last + 1)
                Act(number, notice);
        }
    }

    /// <summary>What the beat read behind <see cref="Last"/>, and the highest number there is.</summary>
    /// <param name="isWhole">False: there are more than one answer holds.</param>
    /// <param name="isRolled">Redis may have lost some: the numbers may have begun again.</param>
    /// <returns>False: some were missed for good.</returns>
    public bool Read(long top, IReadOnlyList<(long Number, string Notice)> notices, bool isWhole, bool isRolled = false)
    {
        lock (_gate)
        {
            if (_last is null)
            {
                _last = top;
                return true;
            }

            // A push may have come while the beat was under way; only after a loss a lower number means anything.
            var complete = !isRolled || top >= _last;
            if (!complete)
                _last = top;
            foreach (var (number, notice) in notices)
            {
                if (number <= _last)
                    continue;
                complete &= number == _last + 1;
                Act(number, notice);
            }

            if (isWhole && _last < top)
            {
                complete = false;
                _last = top;
            }

            return complete;
        }
    }

    private void Act(long number, string notice)
    {
        _last = number;
        act(notice);
    }
}

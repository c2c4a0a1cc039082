// Whether Redis is there for this node, partition by partition. Lost is said at the first beat that fails or primary that goes; back when every
// partition has beaten and everything that was lost there has been brought again. Called from any thread; what it tells, it tells in order.

namespace Gateway.Actors.Engine.Redis;

internal sealed class EngineHealth(TimeProvider time, bool isVirtual, Action<EngineNotice> tell, RedisMetrics? metrics = null) : IEngineHealth
{
    /// <summary>A node that could not beat for so long may have been declared dead: what the functions call LEASE.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Standing[] _partitions = [.. Enumerable.Range(0, Partitions.Count).Select(_ => new Standing())];
    private volatile bool _isLost;
    private DateTimeOffset _lostSince;

    public bool Accepts(int partition)
    {
        var standing = _partitions[partition];
        if (standing.IsFenced || !standing.HasBeaten)
            return false;
        // Virtual time may stand still or jump between two beats; what counts there is how the last one ended.
        return isVirtual ? standing.LastSucceeded : time.GetElapsedTime(standing.BeatAt) < Lease;
    }

    public bool IsAnyLost => _isLost;

    public bool IsLost(int partition) => _partitions[partition].IsLost;

    /// <summary>Rises with each reason to take a partition for lost: what was read before the last one may not be all.</summary>
    public int Losses(int partition) => _partitions[partition].Losses;

    public void Failed(int partition)
    {
        lock (_gate)
        {
            var standing = _partitions[partition];
            standing.LastSucceeded = false;
            standing.Lose();
            TellLost(standing.HasBeaten ? standing.BeatTime : time.GetUtcNow());
        }
    }

    /// <summary>A primary is not reachable; these are its partitions.</summary>
    public void Down(IEnumerable<int> partitions, DateTimeOffset since)
    {
        lock (_gate)
        {
            var some = false;
            foreach (var partition in partitions)
            {
                _partitions[partition].Lose();
                some = true;
            }

            if (some)
                TellLost(since);
        }
    }

    /// <summary>The node's lease ran out: it accepts nothing until its sessions are there again, partition by partition.</summary>
    public void Fenced()
    {
        lock (_gate)
        {
            var since = time.GetUtcNow();
            foreach (var standing in _partitions)
            {
                standing.IsFenced = true;
                standing.Lose();
                if (standing.HasBeaten && standing.BeatTime < since)
                    since = standing.BeatTime;
            }

            TellLost(since);
        }
    }

    /// <param name="sentAt">The timestamp before it was sent: the lease counts at least from there.</param>
    /// <param name="isWhole">Nothing is still to be brought back in the partition.</param>
    public void Beaten(int partition, long sentAt, bool isWhole)
    {
        lock (_gate)
        {
            var standing = _partitions[partition];
            standing.BeatAt = sentAt;
            standing.BeatTime = time.GetUtcNow();
            standing.LastSucceeded = true;
            standing.HasBeaten = true;
            if (!isWhole)
                return;
            standing.IsFenced = standing.IsLost = false;
            if (!_isLost || _partitions.Any(one => one.IsLost))
                return;
            _isLost = false;
            metrics?.LostMs.Add(Math.Max(0, (long)(time.GetUtcNow() - _lostSince).TotalMilliseconds));
            tell(new EngineBack());
        }
    }

    private void TellLost(DateTimeOffset since)
    {
        if (_isLost)
            return;
        _isLost = true;
        _lostSince = since;
        metrics?.Failures.Add(1);
        tell(new EngineLost(since));
    }

    /// <summary>Written under the lock; read by publishers without it.</summary>
    private sealed class Standing
    {
        private long _beatAt;

        public volatile bool IsFenced;
        public volatile bool IsLost;
        public volatile bool HasBeaten;
        public volatile bool LastSucceeded;
        public volatile int Losses;

        public long BeatAt
        {
            get => Volatile.Read(ref _beatAt);
            set => Volatile.Write(ref _beatAt, value);
        }

        public DateTimeOffset BeatTime { get; set; }

        /// <summary>Under the lock.</summary>
        public void Lose()
        {
            IsLost = true;
            Losses++;
        }
    }
}

// One partition's beat on this node: renews the lease, sweeps what is due, hears what changed, and brings back what was lost. One beat at a time.
// What takes longer (comparing all of the node's entries, reading rooms again) runs beside the beats, so that the lease is renewed meanwhile.

using System.Globalization;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

internal sealed class PartitionBeat
{
    // While something is being brought back the next beat comes soon, so that "back" is said soon.
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    // A beat is due each second; the lease has room for a few that are late.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    private readonly MemberCore _core;
    private readonly PartitionKeys _keys;
    private readonly Sweep _sweep;
    private readonly Audit _audit;
    private readonly Sessions _sessions;
    private readonly NoticeFeed _notices;
    private readonly IRoomFollowers _followers;
    private int _isBeating;
    private string _knownAs = "";
    private string _auditedAs;
    private string? _generation;
    private long _change;
    private long _auditedAt;
    private long _sentAt;
    private int _readAgainFor;
    private Task _recovery = Task.CompletedTask;

    // What is to be brought back. Written by the beat; the recovery takes it over, and puts back what failed.
    private volatile bool _auditWanted;
    private volatile bool _mustAudit;
    private volatile bool _isSilent;
    private volatile bool _resyncWanted;

    public PartitionBeat(
        MemberCore core, PartitionKeys keys, Sweep sweep, Audit audit, Sessions sessions, NoticeFeed notices, IRoomFollowers followers)
    {
        _core = core;
        _keys = keys;
        _sweep = sweep;
        _audit = audit;
        _sessions = sessions;
        _notices = notices;
        _followers = followers;
        _auditedAs = core.Me.First;
        // Spread over the period, so that the partitions are not all looked at in the same second.
        var share = core.Options.AuditPeriod * keys.Number / Partitions.Count;
        _auditedAt = core.Time.GetTimestamp() - (long)(share.TotalSeconds * core.Time.TimestampFrequency);
    }

    private bool IsWhole =>
        _recovery.IsCompleted && !_resyncWanted && !_mustAudit && _readAgainFor == _core.Health.Losses(_keys.Number);

    public async ValueTask<(EngineStatus Status, DateTimeOffset? NextDue)> Beat()
    {
        if (Interlocked.Exchange(ref _isBeating, 1) == 1)
            return (EngineStatus.Busy, null);
        try
        {
            return await BeatOnce().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isBeating, 0);
        }
    }

    private async ValueTask<(EngineStatus, DateTimeOffset?)> BeatOnce()
    {
        var sentAt = _core.Time.GetTimestamp();
        if (_sentAt > 0 && _core.Time.GetElapsedTime(_sentAt, sentAt) > Late)
            _core.Metrics.LateBeats.Add(1);
        _sentAt = sentAt;
        var (status, answer) = await Send().ConfigureAwait(false);
        if (answer is null)
        {
            _core.Health.Failed(_keys.Number);
            return (status, null);
        }

        Learn(answer);
        await _sweep.Run(answer).ConfigureAwait(false);
        if (_recovery.IsCompleted)
            _recovery = Recover();
        // In virtual time everything has happened when the call returns.
        if (_core.Options.Clock is not null)
            await _recovery.ConfigureAwait(false);
        _core.Health.Beaten(_keys.Number, sentAt, IsWhole);
        return (EngineStatus.Ok, NextDue(answer));
    }

    /// <summary>The answer; where the lease is gone, that of a second beat under another name.</summary>
    private async ValueTask<(EngineStatus, BeatAnswer?)> Send()
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var owner = _core.Me.Name;
            var reply = await Call(owner).ConfigureAwait(false);
            if (reply.IsError)
                return (RedisLink.StatusOf(reply), null);
            if (reply[0].Text == "ok")
            {
                _knownAs = owner;
                return BeatAnswer.Parse(reply) is { } answer ? (EngineStatus.Ok, answer) : (EngineStatus.Degraded, null);
            }

            if (_core.Me.Renew(owner))
            {
                _core.Metrics.Fencings.Add(1);
                _core.Health.Fenced();
                MemberLog.Fenced(_core.Log, _core.Me.Name, _core.Sessions.Count);
            }
        }

        return (EngineStatus.Degraded, null);
    }

    private ValueTask<RedisReply> Call(string owner) => _core.Calls.Call(
        _keys, "gw1_beat", [_keys.Lease, _keys.Own, _keys.Grace, _keys.Hot, _keys.Notices],
        [
            owner, _knownAs == owner ? "1" : "0", Number(_change), _notices.Last is { } last ? Number(last) : "",
            _followers.HasRooms(_keys.Number) ? "1" : "0", Number(_core.Options.GraceMs),
        ]);

    private void Learn(BeatAnswer answer)
    {
        var isRolled = _generation is not null && _generation != answer.Generation;
        _generation = answer.Generation;
        var isComplete = _notices.Read(answer.TopNotice, answer.Notices, answer.Notices.Count < BeatAnswer.NoticeBatch, isRolled);
        if (isRolled)
            _isSilent = true;
        if (isRolled || !isComplete || _knownAs != _auditedAs)
            _mustAudit = true;
        if (_core.Time.GetElapsedTime(_auditedAt) >= _core.Options.AuditPeriod || _core.TakeAuditWish(_keys))
            _auditWanted = true;

        var isBehindFeed = _change > 0 && _change < answer.Cut;
        // A reading takes longer than a beat: once for each loss, or it would never be over.
        var losses = _core.Health.Losses(_keys.Number);
        if (isRolled || isBehindFeed || losses != _readAgainFor)
            _resyncWanted = true;
        _readAgainFor = losses;
        if (answer.Hot.Count > 0)
            _followers.OnHot(_keys.Number, answer.Hot);
        _change = answer.Hot.Count < BeatAnswer.FeedBatch ? answer.Change : answer.Hot[^1].Change;
    }

    private async Task Recover()
    {
        await _sessions.SettleDoubts(_keys).ConfigureAwait(false);
        if (_auditWanted || _mustAudit)
            await RunAudit().ConfigureAwait(false);
        if (_resyncWanted)
        {
            _resyncWanted = false;
            if (!await _followers.ResyncAll(_keys.Number).ConfigureAwait(false))
                _resyncWanted = true;
        }
    }

    private async ValueTask RunAudit()
    {
        var (name, must, silent) = (_core.Me.Name, _mustAudit, _isSilent);
        _auditWanted = _mustAudit = _isSilent = false;
        if (await _audit.Run(_keys, silent).ConfigureAwait(false))
        {
            _auditedAt = _core.Time.GetTimestamp();
            _auditedAs = name;
            return;
        }

        _auditWanted = true;
        _mustAudit |= must;
        _isSilent |= silent;
    }

    // The partition's clock need not be this node's.
    private DateTimeOffset? NextDue(BeatAnswer answer)
    {
        var now = _core.Options.Clock is { } clock ? DateTimeOffset.FromUnixTimeMilliseconds(clock()) : _core.Time.GetUtcNow();
        if (!IsWhole)
            return now + Soon;
        return answer.NextDue == 0 ? null : now + TimeSpan.FromMilliseconds(answer.NextDue - answer.Now);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

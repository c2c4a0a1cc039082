// Looks at a primary before the gateway uses it, and refuses one that could not keep what the gateway promises. Each message names what is wrong and
// the cure. Runs at the start, and again whenever a primary is connected anew: what an ack means must still hold then.

using Gateway.Redis;
using Microsoft.Extensions.Logging;

namespace Gateway.Actors.Engine.Redis;

internal sealed class StartCheck(RedisEngineOptions options, FunctionLibrary library, TimeProvider time, ILogger log)
{
    /// <summary>How long a start waits for a replica, or for a Cluster's other nodes: they are often started together with the gateway.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>What the gateway itself sends, beside what its functions call.</summary>
    private static readonly string[] OwnCommands = ["SPUBLISH", "SSUBSCRIBE", "SUNSUBSCRIBE", "WAIT"];

    private readonly TimeSpan _patience = options.StartPatience < MostPatience ? options.StartPatience : MostPatience;
    private readonly string _user = options.Redis.User ?? "default";

    private readonly Lock _gate = new();
    private RedisAck? _ack = options.Ack;

    /// <summary>What an ack means: as configured, or what all primaries are set to; memory where they differ.</summary>
    public RedisAck Ack
    {
        get
        {
            lock (_gate)
                return _ack ?? RedisAck.Memory;
        }
    }

    /// <summary>The whole command that gives a user all it needs.</summary>
    public string Grant => $"ACL SETUSER {_user} on >PASSWORD resetkeys ~gw:* resetchannels &gw:* nocommands +@connection +fcall +function|list +function|load " +
        "+info +config|get +cluster|shards +cluster|slots +cluster|info +asking +role " +
        string.Join(' ', OwnCommands.Concat(library.Commands).Where(command => command != "INFO").Distinct().Select(command => "+" + command.ToLowerInvariant()));

    /// <param name="isStart">Later a replica may be away for a while: publications then wait for it by themselves.</param>
    public async ValueTask Run(RedisLink link, RedisPrimary primary, bool isStart, CancellationToken cancellation)
    {
        var (report, error) = await ServerReport.Ask(link.Client, primary).ConfigureAwait(false);
        if (report is null)
            throw Refusal(primary, "run INFO", error!);
        if (report.EvictionPolicy is not ("noeviction" or ""))
        {
            throw new RedisStartException(
                $"Redis {primary} may throw away what it acknowledged: its maxmemory-policy is {report.EvictionPolicy}. Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf).");
        }

        Judge(primary, report, isStart);
        if (isStart && Ack == RedisAck.Replicated)
            await AwaitReplica(link, primary, report, cancellation).ConfigureAwait(false);
        Refuse(primary, "load its functions", await library.Install(link.Client, primary).ConfigureAwait(false));
        await CheckRights(link, primary, isStart, cancellation).ConfigureAwait(false);
        if (report.KeepsNothing)
            RedisLog.NothingKept(log, primary.ToString());
        RedisLog.Prepared(log, primary.ToString(), FunctionLibrary.Name);
    }

    private void Judge(RedisPrimary primary, ServerReport report, bool isStart)
    {
        if (isStart && options.Ack is null)
            Learn(report.IsSynced ? RedisAck.Fsync : report.RequiresReplicas ? RedisAck.Replicated : RedisAck.Memory);
        if (report.ConfigRefusal is { } reason)
            RedisLog.ConfigHidden(log, primary.ToString(), reason, Assumption(report));

        if (Ack == RedisAck.Fsync && report.ConfigRefusal is null && !report.IsSynced)
        {
            throw new RedisStartException(
                $"Redis {primary} does not sync each write ({report.Append}), as RedisAck=fsync promises. Set appendonly yes and appendfsync always there, or another RedisAck.");
        }

        if (Ack == RedisAck.Replicated && report.ConfigRefusal is null && !report.RequiresReplicas)
        {
            throw new RedisStartException(
                $"Redis {primary} takes writes without any replica (min-replicas-to-write 0), against what RedisAck=replicated promises. Set min-replicas-to-write to 1 or more there, or another RedisAck.");
        }
    }

    /// <summary>A Cluster's primaries are looked at side by side.</summary>
    private void Learn(RedisAck found)
    {
        lock (_gate)
            _ack = _ack is null || _ack == found ? found : RedisAck.Memory;
    }

    private async ValueTask AwaitReplica(RedisLink link, RedisPrimary primary, ServerReport? report, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        while (report is { Replicas: 0 })
        {
            if (time.GetElapsedTime(start) >= _patience)
            {
                throw new RedisStartException(
                    $"Redis {primary} has no replica, so nothing could be acknowledged as replicated. Start a replica of it (replicaof), or set another RedisAck.");
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            (report, _) = await ServerReport.Ask(link.Client, primary).ConfigureAwait(false);
        }
    }

    private string Assumption(ServerReport report) => (options.Ack, report.RequiresReplicas) switch
    {
        (RedisAck.Fsync, _) => "it syncs each write (appendonly yes, appendfsync always)",
        (RedisAck.Replicated, false) => "it asks for a replica (min-replicas-to-write 1)",
        (null, false) => "an ack means memory",
        (null, true) => "an ack means replicated",
        _ => "it keeps what the configured RedisAck says",
    };

    private async ValueTask CheckRights(RedisLink link, RedisPrimary primary, bool isStart, CancellationToken cancellation)
    {
        // A function is run on keys, so of a primary without slots there is nothing to ask yet.
        if (link.Partitions.FirstOrDefault(partition => primary.Owns(link.SlotOf(partition))) is not { } keys)
            return;
        var arguments = new List<RedisArgument> { keys.NoticesChannel };
        foreach (var command in OwnCommands.Concat(library.Commands).Distinct())
            arguments.Add(command);
        var start = time.GetTimestamp();
        var missing = await link.Client.CallOn(primary, link.Function("gw1_rights", [keys.Inc], [.. arguments])).ConfigureAwait(false);
        while (isStart && missing.Error?.Code == RedisErrorCode.ClusterDown && time.GetElapsedTime(start) < _patience)
        {
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            missing = await link.Client.CallOn(primary, link.Function("gw1_rights", [keys.Inc], [.. arguments])).ConfigureAwait(false);
        }

        Refuse(primary, "call its functions on the keys gw:*", missing);
        if (missing.Count == 0)
            return;
        var names = new List<string>();
        foreach (var name in missing.Items)
            names.Add(name.Text);
        throw new RedisStartException($"Redis {primary} does not let the user '{_user}' use {string.Join(", ", names)}. Give it all that it needs: {Grant}");
    }

    private void Refuse(RedisPrimary primary, string what, in RedisReply reply)
    {
        if (reply.Error is { } error)
            throw Refusal(primary, what, error);
    }

    private RedisStartException Refusal(RedisPrimary primary, string what, RedisError error) => error.Code switch
    {
        RedisErrorCode.NoPermission => new RedisStartException(
            $"Redis {primary} does not let the user '{_user}' {what} ({error.Message.TrimEnd('.')}). Give it all that it needs: {Grant}"),
        RedisErrorCode.ClusterDown => new RedisStartException(
            $"The Redis Cluster is down as {primary} sees it ({error.Message}). Assign all slots (redis-cli --cluster fix), or start the nodes that are missing."),
        RedisErrorCode.NoReplicas => new RedisStartException(
            $"Redis {primary} takes no writes, since it has fewer replicas than min-replicas-to-write asks for. Start a replica of it (replicaof)."),
        _ => new RedisStartException($"Redis {primary} could not {what}: {error.Message}"),
    };
}

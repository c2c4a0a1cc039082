// Asks the processes it is given, all at once and over connections of its own, who is primary and who owns which slots. Connections that serve are
// left alone: the one that is asked may be the one that hangs.

using Gateway.Redis.Connections;

namespace Gateway.Redis.Topology;

internal sealed class TopologyFinder(Dialer dialer)
{
    private static readonly RedisCommand ClusterInfo = RedisCommand.Of("CLUSTER", "INFO");

    private static readonly RedisCommand ClusterSlots = RedisCommand.Of("CLUSTER", "SLOTS");

    /// <param name="current">The primary of a single server as known now: it stays where two claim to be it and nothing tells them apart.</param>
    public async Task<FoundTopology> Find(IReadOnlyList<RedisEndpoint> contacts, RedisEndpoint? current, CancellationToken ct)
    {
        var answers = await Task.WhenAll(contacts.Select(contact => Ask(contact, ct))).ConfigureAwait(false);
        if (answers.Where(answer => answer.View is not null).MaxBy(answer => answer.View!.Trust) is { } cluster)
            return new FoundTopology(cluster.View, "", null, false);

        var servers = answers.Where(answer => answer.Facts is { IsCluster: false }).ToList();
        var named = servers.Select(answer => answer.Facts!.Primary).OfType<RedisEndpoint>().Distinct().Except(contacts).ToList();
        if (named.Count > 0 && !servers.Any(answer => answer.Facts!.IsPrimary))
        {
            // Replicas alone answer: whom they follow may be a server that nobody has named yet.
            answers = [.. answers, .. await Task.WhenAll(named.Select(contact => Ask(contact, ct))).ConfigureAwait(false)];
            servers = [.. answers.Where(answer => answer.Facts is { IsCluster: false })];
        }

        return Primary(servers, current) is { } primary
            ? new FoundTopology(new TopologyView(false, [new SlotRange(0, RedisSlot.Count - 1, primary)], [.. servers.Select(server => server.Contact)], 0), "", null, false)
            : Nothing(answers);
    }

    private static RedisEndpoint? Primary(List<Answer> servers, RedisEndpoint? current) => servers
        .Where(server => server.Facts!.IsPrimary)
        .OrderByDescending(server => servers.Count(other => !other.Facts!.IsPrimary && other.Facts.ReplicationId == server.Facts!.ReplicationId))
        .ThenByDescending(server => server.Contact == current)
        .FirstOrDefault()?.Contact;

    private static FoundTopology Nothing(Answer[] answers)
    {
        var problem = string.Join("; ", answers.Select(answer => answer.Problem is { } exception
            ? exception.Message
            : $"{answer.Contact} is a replica and its primary is not reached").Distinct());
        var refusal = answers.Select(answer => answer.Problem).OfType<RedisStartException>().FirstOrDefault();
        var isLoading = answers.Any(answer => answer.Problem is LinkException { IsLoading: true });
        return new FoundTopology(null, problem, answers.All(answer => answer.Problem is RedisStartException) ? refusal : null, isLoading);
    }

    private async Task<Answer> Ask(RedisEndpoint contact, CancellationToken ct)
    {
        try
        {
            var (link, facts) = await dialer.Dial(contact, ct).ConfigureAwait(false);
            using (link)
            {
                if (!facts.IsCluster)
                    return new Answer(contact, facts, null, null);
                var info = await link.Ask(ClusterInfo, ct).WaitAsync(dialer.Timeout, dialer.Time, ct).ConfigureAwait(false);
                var slots = await link.Ask(ClusterSlots, ct).WaitAsync(dialer.Timeout, dialer.Time, ct).ConfigureAwait(false);
                if (slots.Error is { Code: RedisErrorCode.NoPermission })
                    throw new RedisStartException($"{contact} does not let this user run CLUSTER SLOTS: give it +cluster.");
                return ClusterView.Read(contact, info.Text, slots) is { } view
                    ? new Answer(contact, facts, view, null)
                    : throw new LinkException($"{contact} is a node of a Cluster and knows of no slots");
            }
        }
        catch (TimeoutException)
        {
            return new Answer(contact, null, null, new LinkException($"{contact} did not say who owns the slots"));
        }
        catch (Exception exception) when (exception is LinkException or RedisStartException)
        {
            return new Answer(contact, null, null, exception);
        }
    }

    private sealed record Answer(RedisEndpoint Contact, ServerFacts? Facts, TopologyView? View, Exception? Problem);
}

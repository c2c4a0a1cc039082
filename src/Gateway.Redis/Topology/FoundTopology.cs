// The outcome of a look at the topology: a view, or why there is none.

namespace Gateway.Redis.Topology;

/// <param name="Problem">What the contacts answered, where there is no view.</param>
/// <param name="Refusal">What no waiting cures.</param>
/// <param name="IsLoading">A server is there and reads its data; it may take its time.</param>
internal sealed record FoundTopology(TopologyView? View, string Problem, RedisStartException? Refusal, bool IsLoading);

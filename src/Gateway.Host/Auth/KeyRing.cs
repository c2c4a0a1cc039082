// The keys that are valid at one moment. Immutable; a source replaces it as a whole.

namespace Gateway.Host.Auth;

internal sealed class KeyRing(IReadOnlyList<VerificationKey> keys)
{
    /// <summary>Keys without an id to choose by that one token is tried against: bounds what a forged token costs.</summary>
    private const int TriedPerToken = 8;

    public static KeyRing Empty { get; } = new([]);

    public int Count => keys.Count;

    public IEnumerable<VerificationKey> Candidates(string algorithm, string? kid) =>
        keys.Where(key => key.Serves(algorithm) && (kid is null || key.Kid is null || key.Kid == kid)).Take(TriedPerToken);
}

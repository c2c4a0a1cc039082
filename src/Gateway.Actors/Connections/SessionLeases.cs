// The sessions that a connection answers for, while the engine may still be opening one when the connection ends. Whatever is opened is either
// detached at the end or, where it comes later, by whoever opened it. Called from the actor and from where the engine's answers come.

using Gateway.Actors.Engine;

namespace Gateway.Actors.Connections;

internal sealed class SessionLeases
{
    private readonly Lock _gate = new();
    private readonly List<SessionKey> _held = [];
    private bool _ended;

    /// <returns>False: the connection has ended, and nobody answers for the session.</returns>
    public bool TryHold(SessionKey session)
    {
        lock (_gate)
        {
            if (!_ended)
                _held.Add(session);
            return !_ended;
        }
    }

    /// <summary>It was ended, or another has it.</summary>
    public void Release(SessionKey session)
    {
        lock (_gate)
            _held.Remove(session);
    }

    /// <returns>What is to be detached.</returns>
    public IReadOnlyList<SessionKey> End()
    {
        lock (_gate)
        {
            _ended = true;
            var held = _held.ToArray();
            _held.Clear();
            return held;
        }
    }
}

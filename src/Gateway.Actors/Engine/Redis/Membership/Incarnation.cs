// Under which name this node holds its leases and owns its sessions. A lease that ran out is never taken up again: what it owned may have been
// given away, so the node goes on under another name and brings its sessions anew.

using System.Security.Cryptography;

namespace Gateway.Actors.Engine.Redis;

internal sealed class Incarnation
{
    private readonly Lock _gate = new();
    private readonly string _stem;
    private volatile string _name;
    private int _number;

    public Incarnation(string nodeId)
    {
        _stem = $"{nodeId}#{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 6)}";
        First = _name = $"{_stem}.0";
    }

    public string Name => _name;

    public string First { get; }

    /// <summary>Another name, unless somebody has seen to it already.</summary>
    /// <returns>True where it was this call.</returns>
    public bool Renew(string lost)
    {
        lock (_gate)
        {
            if (_name != lost)
                return false;
            _name = $"{_stem}.{++_number}";
            return true;
        }
    }
}

// Which partition a room or user belongs to. A partition is the unit of sharding: all keys of it carry one hash tag, so one Redis process has them.

using System.Text;

namespace Gateway.Actors.Engine.Redis;

internal static class Partitions
{
    /// <summary>Fixed once data exists: the number is part of where every key lies.</summary>
    public const int Count = 64;

    // Searched once, so that tag i hashes into the middle of the i-th 64th of a Cluster's slots; bare numbers would not spread evenly.
    private static readonly string[] Tags =
    [
        "ht4", "jwb", "if5", "kec", "hpt", "7pj", "akm", "zc3", "lx9", "frw", "mj8", "oin", "dua", "fv7", "mnx", "xw",
        "he6", "box", "iw7", "c9q", "hav", "bk8", "azo", "cy9", "ub3", "fcu", "tp2", "m5", "ddc", "fg5", "evb", "iu",
        "jvr", "yw4", "cmk", "xe5", "jr2", "hqd", "blk", "ice", "fsg", "dp1", "gaf", "eb0", "wu7", "dtq", "yg", "efp",
        "bnh", "yf6", "c8a", "xt7", "jc0", "qkn", "kq1", "irg", "fbe", "da3", "gpd", "es2", "wd5", "des", "he", "ewr",
    ];

    public static string TagOf(int partition) => Tags[partition];

    /// <summary>FNV-1a with a final mix: the same in every process and version.</summary>
    public static int Of(string name)
    {
        var hash = 14695981039346656037UL;
        Span<byte> utf8 = stackalloc byte[name.Length * 3];
        foreach (var part in utf8[..Encoding.UTF8.GetBytes(name, utf8)])
            hash = (hash ^ part) * 1099511628211UL;
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93UL;
        hash ^= hash >> 32;
        return (int)(hash % Count);
    }
}

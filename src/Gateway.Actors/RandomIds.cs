// Ids that nobody can guess or repeat: of connections, and of events that came without one.

using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Gateway.Actors;

/// <param name="fill">Where the randomness comes from; tests seed it.</param>
internal sealed class RandomIds(Action<byte[]>? fill = null)
{
    /// <summary>Never 0, which means none.</summary>
    public ulong NextConnection()
    {
        var bytes = Fill(8);
        var id = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return id == 0 ? 1 : id;
    }

    /// <summary>96 bits in 16 letters, digits, - and _.</summary>
    public string NextEvent() => Base64Url.EncodeToString(Fill(12));

    private byte[] Fill(int count)
    {
        var bytes = new byte[count];
        if (fill is null)
            RandomNumberGenerator.Fill(bytes);
        else
            fill(bytes);
        return bytes;
    }
}

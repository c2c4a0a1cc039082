// The commands that one socket write carries: their bytes, and who waits for which answer, in order. Gathered under the outbox's lock, written by the
// flusher, answered by the reader; used again when it is both written and answered.

using System.Buffers;

namespace Gateway.Redis.Connections;

internal sealed class Batch
{
    private const int SmallBytes = 16 * 1024;
    private const int SmallEntries = 256;

    /// <summary>A larger one is not kept: one burst must not hold its memory for ever.</summary>
    private const int KeptBytes = 1024 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(SmallBytes);
    private Entry[] _entries = new Entry[SmallEntries];
    private int _length;
    private int _count;
    private int _next;

    public int Count => _count;

    public int Length => _length;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, _count);

    /// <summary>The first that is not answered. The reader moves it; the deadline's timer looks at it.</summary>
    public int Next => Volatile.Read(ref _next);

    public bool IsWritten { get; set; }

    public bool IsAnswered { get; set; }

    public bool IsWorthKeeping => _bytes.Length <= KeptBytes;

    public void Add(in Entry entry, ReadOnlySpan<byte> runId)
    {
        var length = entry.Command.Length;
        if (_bytes.Length - _length < length)
            Grow(length);
        if (_count == _entries.Length)
            Array.Resize(ref _entries, 2 * _count);
        entry.Command.CopyTo(_bytes.AsSpan(_length, length), runId);
        _length += length;
        _entries[_count++] = entry;
    }

    /// <summary>The next to be answered. Only the reader calls it, and only while there is one.</summary>
    public Entry TakeNext()
    {
        var entry = _entries[_next];
        Volatile.Write(ref _next, _next + 1);
        return entry;
    }

    public void Clear()
    {
        Array.Clear(_entries, 0, _count);
        (_length, _count, _next) = (0, 0, 0);
        IsWritten = IsAnswered = false;
    }

    /// <summary>Gives the bytes back. Never while a write may still read them.</summary>
    public void Release()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + length), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

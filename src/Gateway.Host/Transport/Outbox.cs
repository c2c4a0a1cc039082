// What waits for one slow peer: slices of shared batches in the order they will leave. Plain state under its owner's gate:
// no lock, no I/O, no clock. It takes what it is given; the bounds are the sink's.

using System.Buffers;
using System.Buffers.Binary;
using Gateway.Protocol.WebSockets;

namespace Gateway.Host.Transport;

/// <param name="totals">Counts what waits in all outboxes.</param>
internal sealed class Outbox(OutboxTotals totals)
{
    private const int FirstCapacity = 8;

    private Entry[] _ring = [];
    private int _head;
    private int _written;
    private int _inFlight;

    private enum Lane : byte
    {
        Ordered,
        Urgent,
        Pong,
    }

    public int Count { get; private set; }

    public int Events { get; private set; }

    public int Bytes { get; private set; }

    /// <summary>The unwritten bytes of the first slice.</summary>
    public ReadOnlyMemory<byte> First => At(0).Memory[_written..];

    /// <summary>Takes a slice of whole frames, with a reference of its own to the batch.</summary>
    public void Add(FrameBatch batch, int offset, int length, int events)
    {
        batch.AddReference();
        EnsureFree();
        At(Count++) = new Entry(batch, offset, length, events, Lane.Ordered);
        Account(events, length);
    }

    /// <summary>Takes a batch to go before all that waits, at the first frame boundary that is neither written nor in flight, behind urgent
    /// ones that came earlier. A pong takes the place of one that still waits (RFC 6455 §5.5.3), so a flood of pings grows nothing.</summary>
    public void AddUrgent(FrameBatch batch, bool isPong)
    {
        batch.AddReference();
        var index = FirstFree();
        for (; index < Count && At(index).Lane != Lane.Ordered; index++)
        {
            if (!isPong || At(index).Lane != Lane.Pong)
                continue;
            Account(0, batch.Length - At(index).Length);
            At(index).Batch.Release();
            At(index) = new Entry(batch, 0, batch.Length, 1, Lane.Pong);
            return;
        }

        Insert(index, new Entry(batch, 0, batch.Length, 1, isPong ? Lane.Pong : Lane.Urgent));
        Account(1, batch.Length);
    }

    /// <summary>The first so many unwritten bytes are the output's now: nothing may come between them.</summary>
    public void MarkInFlight(int bytes) => _inFlight = bytes;

    /// <summary>So many bytes have left.</summary>
    public void Advance(int bytes)
    {
        _inFlight = 0;
        Account(0, -bytes);
        while (bytes > 0)
        {
            ref var first = ref At(0);
            var rest = first.Length - _written;
            if (bytes < rest)
            {
                _written += bytes;
                return;
            }

            bytes -= rest;
            RemoveFirst();
        }

        if (Count == 0)
            ReturnRing();
    }

    /// <summary>Copies what leaves next, over slice boundaries, as far as there is room.</summary>
    public int CopyTo(Span<byte> destination)
    {
        var copied = 0;
        for (var index = 0; index < Count && copied < destination.Length; index++)
        {
            var source = index == 0 ? First.Span : At(index).Memory.Span;
            var length = Math.Min(source.Length, destination.Length - copied);
            source[..length].CopyTo(destination[copied..]);
            copied += length;
        }

        return copied;
    }

    /// <summary>Drops everything. Only when nothing is in flight.</summary>
    public void Clear()
    {
        while (Count > 0)
            RemoveFirst();
        Account(0, -Bytes);
        _inFlight = 0;
        ReturnRing();
    }

    /// <summary>The index that an urgent batch may take; splits a slice that has begun to leave at the end of its current frame.</summary>
    private int FirstFree()
    {
        var passed = _written + _inFlight;
        var index = 0;
        while (index < Count && passed >= At(index).Length)
            passed -= At(index++).Length;
        if (passed == 0)
            return index;

        var begun = At(index);
        var end = FrameEnd(begun.Memory.Span, passed);
        if (end < begun.Length)
        {
            begun.Batch.AddReference();
            At(index) = begun with { Length = end, Events = 0 };
            Insert(index + 1, begun with { Offset = begun.Offset + end, Length = begun.Length - end });
        }

        return index + 1;
    }

    /// <summary>The first frame boundary at or behind a position.</summary>
    private static int FrameEnd(ReadOnlySpan<byte> frames, int position)
    {
        var end = 0;
        while (end < position)
        {
            var frame = frames[end..];
            end += (frame[1] & 0x7F) switch
            {
                126 => 4 + BinaryPrimitives.ReadUInt16BigEndian(frame[2..]),
                127 => 10 + (int)BinaryPrimitives.ReadUInt64BigEndian(frame[2..]),
                var length => 2 + length,
            };
        }

        return end;
    }

    private ref Entry At(int index) => ref _ring[(_head + index) & (_ring.Length - 1)];

    /// <summary>Moves what stands before it, which is little: urgent batches go near the front.</summary>
    private void Insert(int index, Entry entry)
    {
        EnsureFree();
        _head = (_head - 1) & (_ring.Length - 1);
        Count++;
        for (var moved = 0; moved < index; moved++)
            At(moved) = At(moved + 1);
        At(index) = entry;
    }

    private void RemoveFirst()
    {
        ref var first = ref At(0);
        Account(-first.Events, 0);
        first.Batch.Release();
        first = default;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        _written = 0;
    }

    private void Account(int events, int bytes)
    {
        Events += events;
        Bytes += bytes;
        totals.Add(events, bytes);
    }

    private void EnsureFree()
    {
        if (Count < _ring.Length)
            return;
        // The pool's arrays are powers of two from 16 on, which the index arithmetic needs.
        var larger = ArrayPool<Entry>.Shared.Rent(Math.Max(FirstCapacity, _ring.Length * 2));
        for (var index = 0; index < Count; index++)
            larger[index] = At(index);
        var old = _ring;
        _ring = larger;
        _head = 0;
        if (old.Length > 0)
            ArrayPool<Entry>.Shared.Return(old, clearArray: true);
    }

    private void ReturnRing()
    {
        if (_ring.Length > 0)
            ArrayPool<Entry>.Shared.Return(_ring, clearArray: true);
        _ring = [];
        _head = 0;
    }

    private record struct Entry(FrameBatch Batch, int Offset, int Length, int Events, Lane Lane)
    {
        public readonly ReadOnlyMemory<byte> Memory => Batch.Memory.Slice(Offset, Length);
    }
}

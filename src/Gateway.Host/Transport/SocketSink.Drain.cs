// The sink's drain: writes on what a slow peer left waiting, on the thread pool, one at a time. It begins when something is kept and ends
// when nothing waits; there is no task a message. The output is the drain's alone as long as anything waits.

using System.Buffers;

namespace Gateway.Host.Transport;

internal sealed partial class SocketSink : IThreadPoolWorkItem
{
    /// <summary>One gathering write; also about what a single call may hold the gate for.</summary>
    private const int GatherBytes = 64 * 1024;

    /// <summary>What one wait for the peer hands out: small, since an urgent frame can't overtake it any more.</summary>
    private const int PieceBytes = 16 * 1024;

    private byte[]? _gathered;

    /// <summary>A thread of the pool, asked for when something began to wait.</summary>
    void IThreadPoolWorkItem.Execute() => _ = Drain();

    private async Task Drain()
    {
        var left = 0;
        while (WriteOn(left, out var piece) == Step.Wait)
        {
            try
            {
                left = await output.WriteRest(piece).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Whatever the transport throws, the connection is lost, and its reader learns the same.
                left = FrameOutput.Broken;
            }
        }
    }

    /// <summary>Accounts for what left and writes what waits until nothing does, or the peer is slow again. Lets others through the gate after each write.</summary>
    private Step WriteOn(int left, out ReadOnlyMemory<byte> piece)
    {
        Step step;
        do
        {
            bool drained;
            lock (_gate)
            {
                step = Account(left) ? WriteOnce(out piece) : EndDrain(Step.Broken, out piece);
                drained = TakeDrained();
            }

            left = 0;
            if (drained)
                _listener!.Drained();
        }
        while (step == Step.More);

        if (step == Step.Broken)
            output.Abort();
        return step;
    }

    private bool Account(int left)
    {
        if (left == FrameOutput.Broken || _state == State.Gone)
            return false;
        if (left == 0)
            return true;
        if (output.Held == 0)
            ReturnGathered();
        _outbox.Advance(left);
        _stuckSince = time.GetTimestamp();
        return true;
    }

    private Step WriteOnce(out ReadOnlyMemory<byte> piece)
    {
        if (_outbox.Count == 0)
            return EndDrain(Step.Done, out piece);
        piece = _outbox.First;
        if (output.Held > 0)
            return Step.Wait;

        var next = Gather();
        var written = output.Write(next);
        if (output.Held == 0)
            ReturnGathered();
        if (!Account(written))
            return EndDrain(Step.Broken, out piece);
        if (written == next.Length)
            return _outbox.Count > 0 ? Step.More : EndDrain(Step.Done, out piece);

        piece = _outbox.First;
        piece = piece[..Math.Min(piece.Length, PieceBytes)];
        _outbox.MarkInFlight(output.Held > 0 ? output.Held : piece.Length);
        return Step.Wait;
    }

    /// <summary>What to write next: the first slice itself, or a copy of the many small ones that wait, so that they leave together.</summary>
    private ReadOnlyMemory<byte> Gather()
    {
        var first = _outbox.First;
        if (_outbox.Count == 1 || first.Length >= GatherBytes / 2)
            return first;
        _gathered ??= ArrayPool<byte>.Shared.Rent(GatherBytes);
        return _gathered.AsMemory(0, _outbox.CopyTo(_gathered));
    }

    private Step EndDrain(Step step, out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        _draining = false;
        ReturnGathered();
        if (step == Step.Broken)
            BecomeGone();
        else
            SayFarewellWhenTold();
        return step;
    }

    private void ReturnGathered()
    {
        if (_gathered is not null)
            ArrayPool<byte>.Shared.Return(_gathered);
        _gathered = null;
    }

    private enum Step : byte
    {
        More,
        Wait,
        Done,
        Broken,
    }
}

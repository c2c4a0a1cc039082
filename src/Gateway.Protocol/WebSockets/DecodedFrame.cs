// What the decoder found at the front of a reader's buffer.

namespace Gateway.Protocol.WebSockets;

public enum FrameKind
{
    /// <summary>Nothing whole yet: drop what was consumed, receive more behind the rest.</summary>
    NeedMore,

    /// <summary>A whole message of valid UTF-8.</summary>
    Text,

    /// <summary>A whole binary message.</summary>
    Binary,

    /// <summary>To be answered with a pong of the same payload.</summary>
    Ping,

    Pong,

    /// <summary>The peer closes; nothing that follows is read.</summary>
    Close,

    /// <summary>The peer broke the protocol; close with <see cref="DecodedFrame.Violation"/>. Nothing that follows is read.</summary>
    Violation,
}

public readonly ref struct DecodedFrame
{
    public FrameKind Kind { get; init; }

    /// <summary>A message's or control frame's payload, unmasked; of a close its reason. Valid until the buffer is written to,
    /// moved, or read from again.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>How many bytes at the front of the buffer are done with; to be dropped once the payload has been used.</summary>
    public int Consumed { get; init; }

    /// <summary>With NeedMore: how long the buffer must at least be, once what was consumed is dropped, for the frame that has
    /// begun, as far as is known; at most <see cref="FrameDecoder.MaxHeader"/> and the longest message. Grow as bytes come,
    /// not on this word alone.</summary>
    public int Needed { get; init; }

    /// <summary>With Close: the peer's code; 0 where it gave none.</summary>
    public int PeerCode { get; init; }

    /// <summary>With Violation: what to close with.</summary>
    public CloseCode Violation { get; init; }
}

// The bounds of the wire contract that no configuration changes.

namespace Gateway.Protocol;

public static class ProtocolLimits
{
    public const int RoomNameChars = 200;
    public const int UserIdChars = 128;
    public const int IdChars = 128;
    public const int KeyChars = 128;

    /// <summary>An event type is a word, not a document; the contract sets no number, this keeps one sane.</summary>
    public const int TypeChars = 128;

    public const int JsonDepth = 64;
    public const int ObjectsPerFrame = 1000;

    /// <summary>Members of one frame's top-level object; bounds the duplicate-key check.</summary>
    public const int FieldsPerObject = 2048;

    /// <summary>Names or patterns in one <c>subscribe</c>.</summary>
    public const int KeysPerSubscription = 100;

    public const int HistoryLimit = 500;
    public const int HistoryAnswerBytes = 256 * 1024;
    public const int HeadsPerPong = 64;

    /// <summary>Rooms named in one <c>resume</c>; as many as one connection may ever be configured to join.</summary>
    public const int RoomsPerResume = 1000;
}

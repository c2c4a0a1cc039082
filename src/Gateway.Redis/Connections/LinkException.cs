// A connection could not be made, for a reason that may pass.

namespace Gateway.Redis.Connections;

internal sealed class LinkException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The server reads its data and may take its time.</summary>
    public bool IsLoading { get; init; }
}

// What an outbox does with what it is offered.

namespace Gateway.Redis.Connections;

internal enum OutboxState
{
    /// <summary>There is no connection.</summary>
    Shut,

    /// <summary>There is one, for its preparation alone.</summary>
    Preparing,
    Open,

    /// <summary>There will be none any more.</summary>
    Closed,
}

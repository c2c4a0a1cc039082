// How the journal says that it can't go on. Neither leaves the engine: the writer turns them into outcomes.

namespace Gateway.Actors.Engine.Embedded;

/// <summary>The storage refused: disk full, I/O error, a damaged page. Fail-stop for acks.</summary>
internal sealed class JournalException(string message) : Exception(message);

/// <summary>A row is not what was written. Concerns one room, or, at the start, the whole journal.</summary>
internal sealed class JournalDamagedException(string message) : Exception(message);

/// <summary>Where a failure can be injected.</summary>
internal enum JournalStep
{
    Open,
    Write,
    BeforeCommit,
    AfterCommit,
}

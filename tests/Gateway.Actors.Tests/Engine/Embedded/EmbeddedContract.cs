// The contract's tests, run against the embedded engine.

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedEventLog : EventLogContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedMembership : MembershipContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedPresence : PresenceContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedCursors : CursorContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedIdempotency : IdempotencyContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedHistory : HistoryContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

public sealed class EmbeddedEpochs : EpochContract
{
    protected override async Task<EngineLab> Begin() => await EmbeddedLab.Begin();
}

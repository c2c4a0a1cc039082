// A publication that is to be stored.

using System.Security.Cryptography;
using System.Text;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class PublishWork : Work
{
    private readonly Publication _publication;
    private readonly EngineMetrics _metrics;
    private readonly UInt128 _hash;
    private PublishOutcome _outcome;

    public PublishWork(Publication publication, EngineMetrics metrics)
    {
        _publication = publication;
        _metrics = metrics;
        // Hashed on the caller's thread; the writer's time is the scarce one.
        if (publication.HasClientId)
            _hash = HashOf(publication.IdScope, publication.Event.Id);
    }

    public override void Apply(EngineState state) => _outcome = state.Log.Publish(_publication, _hash);

    public override void Refuse(EngineStatus status) => _outcome = Outcome(status);

    protected override void OnCompleted()
    {
        if (_outcome.Status == PublishStatus.Stored)
            (_outcome.Duplicate ? _metrics.Duplicates : _metrics.Stored).Add(1);
        _publication.Completed(_outcome);
    }

    protected override void OnFailed(EngineStatus status) => _publication.Completed(Outcome(status));

    private static PublishOutcome Outcome(EngineStatus status) => new(status switch
    {
        EngineStatus.Busy => PublishStatus.Busy,
        EngineStatus.Unknown => PublishStatus.Unknown,
        _ => PublishStatus.Degraded,
    });

    private static UInt128 HashOf(string scope, string id)
    {
        // The scope's length keeps ("ab", "c") from ("a", "bc"). Cryptographic, since clients choose the ids.
        Span<byte> text = stackalloc byte[1024];
        var needed = 4 + Encoding.UTF8.GetMaxByteCount(scope.Length + id.Length);
        if (needed > text.Length)
            text = new byte[needed];
        var length = Encoding.UTF8.GetBytes(scope, text[4..]);
        BitConverter.TryWriteBytes(text, length);
        length += 4;
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(text[..length], hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

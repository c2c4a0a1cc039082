// What is not stored: ephemeral events and signals, pushed to the room's channel by this node itself. In order, since all go the way of
// publications; a relay that fails is not repeated but for a slot that has moved.

using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class Relay(RedisLink link, PublishLanes lanes, RedisMetrics metrics)
{
    private static readonly IRedisCaller Nobody = new Unheard();

    public void Publish(Publication publication, RoomAddress address)
    {
        var status = lanes.TryReserve(address.Partition);
        if (status != EngineStatus.Ok)
        {
            publication.Completed(new PublishOutcome(status == EngineStatus.Busy ? PublishStatus.Busy : PublishStatus.Degraded));
            return;
        }

        var now = link.Options.Clock is { } clock ? clock() : link.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Span<byte> header = stackalloc byte[24];
        System.Text.Unicode.Utf8.TryWrite(header, $"R {now} ", out var length);
        var body = EventCodec.Encode(publication.Event with { Ephemeral = true }, header[..length]);
        var slot = link.SlotOf(link.Partitions[address.Partition]);
        new Relayed(this, publication, slot, RedisCommand.Of("SPUBLISH", address.Channel, body), now).Send();
    }

    public void Signal(RoomSignal signal, RoomAddress address)
    {
        if (SignalCodec.Encode(signal, "S "u8) is { } body)
            link.Client.Send(link.SlotOf(link.Partitions[address.Partition]), RedisPurpose.Publishes, RedisCommand.Of("SPUBLISH", address.Channel, body), Nobody);
    }

    private sealed class Relayed(Relay relay, Publication publication, int slot, RedisCommand command, long timestampMs) : IRedisCaller
    {
        // A slot moves once at a time.
        private const int Attempts = 3;

        private int _attempt;

        public void Send()
        {
            _attempt++;
            relay.Link.Client.Send(slot, RedisPurpose.Publishes, command, this);
        }

        void IRedisCaller.Completed(in RedisReply reply)
        {
            if (reply.Error is { Code: RedisErrorCode.Moved } moved && _attempt < Attempts)
            {
                relay.Link.Client.Redirected(moved);
                Send();
                return;
            }

            End(reply.IsError ? PublishStatus.Degraded : PublishStatus.Relayed);
        }

        void IRedisCaller.Failed(RedisFailure failure) => End(failure switch
        {
            RedisFailure.Unknown => PublishStatus.Unknown,
            RedisFailure.Busy => PublishStatus.Busy,
            _ => PublishStatus.Degraded,
        });

        private void End(PublishStatus status)
        {
            relay.Lanes.Release(1);
            if (status == PublishStatus.Relayed)
                relay.Metrics.Relayed.Add(1);
            publication.Completed(status == PublishStatus.Relayed ? new PublishOutcome(status, TimestampMs: timestampMs) : new PublishOutcome(status));
        }
    }

    private RedisLink Link => link;

    private PublishLanes Lanes => lanes;

    private RedisMetrics Metrics => metrics;

    /// <summary>A signal that is lost is lost.</summary>
    private sealed class Unheard : IRedisCaller
    {
        public void Completed(in RedisReply reply)
        {
        }

        public void Failed(RedisFailure failure)
        {
        }
    }
}

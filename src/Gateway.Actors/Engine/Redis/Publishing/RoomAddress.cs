// What every publication to a room begins with, encoded once. Immutable.

using System.Text;
using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

internal sealed class RoomAddress
{
    private readonly RoomKeys _keys;
    private readonly RedisLink _link;
    private readonly PublishArguments _arguments;

    public RoomAddress(RedisLink link, RoomName room, NamespacePolicy policy)
    {
        (_link, Policy, _keys) = (link, policy, link.Room(room));
        var partition = _keys.Partition;
        var options = link.Options;
        ReadOnlySpan<string> texts =
        [
            "gw1_publish", "7", partition.Inc, partition.Hot, partition.Rooms, _keys.Meta, _keys.Events, _keys.Ids, _keys.FormerIds,
            "", "", room.Value, _keys.Channel, "", "",
        ];
        for (var i = 0; i < texts.Length; i++)
            _arguments[i] = Encoding.UTF8.GetBytes(texts[i]);
        _arguments[PublishArguments.RunId] = RedisArgument.RunId;
        _arguments[PublishArguments.Limits] = (long)policy.HistorySize;
        _arguments[PublishArguments.Limits + 1] = (long)policy.HistoryTtl.TotalMilliseconds;
        _arguments[PublishArguments.Limits + 2] = (long)options.IdempotencyWindow.TotalMilliseconds;
        _arguments[PublishArguments.Limits + 3] = (long)options.IdsPerRoom;
    }

    public NamespacePolicy Policy { get; }

    public int Partition => _keys.Partition.Number;

    public string Channel => _keys.Channel;

    public RedisCommand Publish(Publication publication)
    {
        var arguments = _arguments;
        if (_link.Options.Clock is { } clock)
            arguments[PublishArguments.Clock] = clock();
        if (publication.HasClientId)
        {
            var hash = new byte[16];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(hash, PublicationId.HashOf(publication.IdScope, publication.Event.Id));
            arguments[PublishArguments.Id] = hash;
        }

        arguments[PublishArguments.Body] = EventCodec.Encode(publication.Event);
        return RedisCommand.Of("FCALL", arguments);
    }

    public RedisCommand Forget(string epoch)
    {
        var partition = _keys.Partition;
        return _link.Function(
            "gw1_forget",
            [partition.Inc, partition.Hot, _keys.Meta, _keys.Events, _keys.Ids, _keys.FormerIds, _keys.Cursors],
            _keys.Room.Value, _keys.Channel, epoch);
    }
}

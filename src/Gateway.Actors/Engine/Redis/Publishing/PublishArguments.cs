// The arguments of one call of gw1_publish: function, number of keys, 7 keys, run id, clock, room, channel, id, body and 4 limits. On the stack.

using System.Runtime.CompilerServices;
using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis.Publishing;

[InlineArray(19)]
internal struct PublishArguments
{
    public const int RunId = 9;
    public const int Clock = 10;
    public const int Id = 13;
    public const int Body = 14;
    public const int Limits = 15;

    private RedisArgument _first;
}

// What kind of value a piece of JSON text is.

namespace Gateway.Protocol.Json;

internal enum JsonKind : byte
{
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

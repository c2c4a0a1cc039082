// How much may wait for one peer (Limits:OutboxEvents, OutboxBytes).

namespace Gateway.Host.Transport;

internal readonly record struct SinkBounds(int Events, int Bytes);

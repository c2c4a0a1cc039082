// Which exceptions at start are the operator's to mend: their message says all, a stack trace would only hide it.

using Gateway.Actors.Engine;
using Gateway.Host.Options;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Host.Composition;

internal static class StartFault
{
    public static bool IsExpected(Exception fault) =>
        fault is StartException or EngineStartException
        || (fault is IOException && fault.InnerException is AddressInUseException)
        || fault is System.Net.Sockets.SocketException;
}

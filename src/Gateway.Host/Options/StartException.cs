// The process can't start as it is configured. Its message is for the operator; it is shown without a stack trace.

namespace Gateway.Host.Options;

internal sealed class StartException(string message) : Exception(message)
{
    /// <summary>sysexits.h EX_CONFIG.</summary>
    public const int ExitCode = 78;
}

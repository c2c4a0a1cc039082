// Begins the node before Kestrel listens, and drains the node when the process is told to stop, while Kestrel still serves.

using Gateway.Actors;

namespace Gateway.Host.Composition;

internal sealed partial class NodeLifetime(IGatewayNode node, NodeStart start, ILogger<NodeLifetime> log) : IHostedLifecycleService
{
    private readonly ILogger<NodeLifetime> _log = log;

    public Task StartAsync(CancellationToken cancellationToken) => start.Begin(cancellationToken).AsTask();

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Draining(node.Connections.All);
        try
        {
            await node.Drain().WaitAsync(cancellationToken);
            Drained();
        }
        catch (OperationCanceledException)
        {
            Undrained(node.Connections.All);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Draining {Connections} connections.")]
    private partial void Draining(int connections);

    [LoggerMessage(Level = LogLevel.Information, Message = "Drained.")]
    private partial void Drained();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping with {Connections} connections left: the time for draining is over.")]
    private partial void Undrained(int connections);
}

// The process: the host round one node, or the question whether the one beside it is ready.

using Gateway.Host.Composition;
using Gateway.Host.Health;

return HealthCommand.IsAskedFor(args) ? await HealthCommand.Run(args) : await GatewayHost.Run(args, NodeServices.Add);

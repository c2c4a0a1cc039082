// The process: the host round one node.

using Gateway.Host.Composition;

return await GatewayHost.Run(args, NodeServices.Add);

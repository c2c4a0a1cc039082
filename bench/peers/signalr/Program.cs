// The least that a SignalR server can be: one hub, one group, the JSON protocol, no authentication, no logs. Its defaults
// otherwise, but that a client which sends nothing is not given up during a measurement.

using Bench.SignalR;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddSignalR(options => options.ClientTimeoutInterval = TimeSpan.FromMinutes(10));
var app = builder.Build();
app.MapHub<RoomHub>("/hub");
app.Run();

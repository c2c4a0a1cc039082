// How many small commands a second one connection carries, with 1 to 64 callers, and how many of them share a write. Two kinds of load: callers that
// keep a window of commands under way, and callers that wait for each answer.
//   dotnet run -c Release -- [host:port] [seconds]      a Redis of your own; nothing of it is changed but the key "bench"

using System.Diagnostics;
using System.Globalization;
using Gateway.Redis;
using Gateway.Redis.Bench;
using Microsoft.Extensions.Logging.Abstractions;

var address = args.Length > 0 ? args[0] : "127.0.0.1:6379";
var seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 3;
await using var client = new RedisClient(RedisOptions.Parse(address), new QuietGuest(), TimeProvider.System, Random.Shared.NextDouble, NullLogger.Instance);
await client.Connect(CancellationToken.None);
Console.WriteLine($"{client.Primaries[0]}, Redis {client.Primaries[0].Version}, {Environment.ProcessorCount} processors");
Console.WriteLine("callers  window   commands/s   commands/write   bytes allocated/command");
await Measure(16, 64, TimeSpan.FromSeconds(1), isWarmUp: true);
foreach (var window in new[] { 64, 1 })
{
    foreach (var callers in new[] { 1, 4, 16, 64 })
        await Measure(callers, window, TimeSpan.FromSeconds(seconds), isWarmUp: false);
}

async Task Measure(int callers, int window, TimeSpan length, bool isWarmUp)
{
    var command = RedisCommand.Of("SET", "bench", "0123456789abcdef");
    var stop = new TimeIsOver();
    var loads = Enumerable.Range(0, callers).Select(_ => new Load(client, command, window, stop)).ToList();
    var flushes = client.Flushes(0, RedisPurpose.Publishes);
    var allocated = GC.GetTotalAllocatedBytes();
    var executedBefore = await Executed();
    var watch = Stopwatch.StartNew();
    foreach (var load in loads)
        load.Start();
    await Task.Delay(length);
    stop.IsSet = true;
    await Task.WhenAll(loads.Select(load => load.Ended));
    var elapsed = watch.Elapsed;
    var done = loads.Sum(load => load.Done);
    var executed = await Executed() - executedBefore;
    flushes = client.Flushes(0, RedisPurpose.Publishes) - flushes;
    allocated = GC.GetTotalAllocatedBytes() - allocated;
    if (executed != done)
        Console.WriteLine($"{done} answers were counted here, and {executed} commands by the server");
    if (!isWarmUp)
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{callers,7}  {window,6}  {done / elapsed.TotalSeconds,11:N0}  {(double)done / flushes,14:N1}  {(double)allocated / done,24:N1}"));
}

// The server's own count keeps this one honest.
async Task<long> Executed()
{
    var text = (await client.Call(0, RedisCommand.Of("INFO", "commandstats"))).Text;
    var line = text.Split("\r\n").FirstOrDefault(entry => entry.StartsWith("cmdstat_set:calls=", StringComparison.Ordinal));
    return line is null ? 0 : long.Parse(line["cmdstat_set:calls=".Length..line.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
}

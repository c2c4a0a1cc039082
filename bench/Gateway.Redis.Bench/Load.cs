// One caller: it sends from a thread of the pool until its window is full, and again when an answer has made room.

namespace Gateway.Redis.Bench;

internal sealed class Load : IRedisCaller, IThreadPoolWorkItem
{
    private readonly RedisClient _client;
    private readonly RedisCommand _command;
    private readonly TimeIsOver _over;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _window;
    private int _room;
    private int _isRunning;
    private long _done;

    public Load(RedisClient client, RedisCommand command, int window, TimeIsOver over)
    {
        (_client, _command, _over) = (client, command, over);
        _room = _window = window;
    }

    public long Done => Volatile.Read(ref _done);

    public Task Ended => _ended.Task;

    public void Start()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        do
        {
            while (!_over.IsSet && Volatile.Read(ref _room) > 0)
            {
                Interlocked.Decrement(ref _room);
                _client.Send(0, RedisPurpose.Publishes, _command, this);
            }

            Volatile.Write(ref _isRunning, 0);
        }
        while (!_over.IsSet && Volatile.Read(ref _room) > 0 && Interlocked.Exchange(ref _isRunning, 1) == 0);

        if (_over.IsSet && Volatile.Read(ref _room) == _window)
            _ended.TrySetResult();
    }

    public void Completed(in RedisReply reply)
    {
        Interlocked.Increment(ref _done);
        Room();
    }

    public void Failed(RedisFailure failure)
    {
        Console.WriteLine($"failed: {failure}");
        Room();
    }

    private void Room()
    {
        var room = Interlocked.Increment(ref _room);
        if (_over.IsSet && room == _window)
            _ended.TrySetResult();
        else
            Start();
    }
}

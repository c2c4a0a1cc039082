// One process a data directory: holds gateway.lock open without sharing. The system drops it when the process dies, however it dies.

namespace Gateway.Actors.Engine.Embedded;

internal sealed class DataDirLock : IDisposable
{
    private readonly FileStream _stream;

    private DataDirLock(FileStream stream) => _stream = stream;

    public static DataDirLock Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var path = Path.Combine(directory, "gateway.lock");
            return new DataDirLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception)
        {
            throw new EngineStartException(
                $"The data directory {Path.GetFullPath(directory)} can't be locked: another gateway uses it, or it can't be written. " +
                "Stop that process, or give this one a DataDir of its own.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new EngineStartException(
                $"The data directory {Path.GetFullPath(directory)} can't be written. Give this user the right, or choose another DataDir.", exception);
        }
    }

    /// <summary>True once a journal was begun here; then an empty file in its place is a loss, not a beginning.</summary>
    public bool JournalWasBegun => _stream.Length > 0;

    public void MarkBegun()
    {
        if (_stream.Length > 0)
            return;
        _stream.WriteByte((byte)'1');
        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();
}

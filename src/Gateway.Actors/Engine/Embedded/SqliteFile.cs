// One connection to the journal's file (or to one in memory). Used by one thread at a time.

using SQLitePCL;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class SqliteFile : IDisposable
{
    static SqliteFile() => Batteries_V2.Init();

    private SqliteFile(sqlite3 handle, string path)
    {
        Handle = handle;
        Path = path;
    }

    public sqlite3 Handle { get; }

    /// <summary>For messages.</summary>
    public string Path { get; }

    /// <param name="path">A file, or a URI of one in memory.</param>
    public static SqliteFile Open(string path, bool readOnly)
    {
        var flags = raw.SQLITE_OPEN_NOMUTEX | raw.SQLITE_OPEN_URI | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var result = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var file = new SqliteFile(handle, path);
        if (result == raw.SQLITE_OK)
            return file;
        using (file)
            throw file.Failure(result);
    }

    public void Execute(string sql)
    {
        using var statement = new SqliteStatement(this, sql);
        statement.Run();
    }

    public void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw Failure(result);
    }

    public JournalException Failure(int result)
    {
        var message = raw.sqlite3_errmsg(Handle).utf8_to_string();
        return new JournalException($"{Path}: SQLite error {raw.sqlite3_extended_errcode(Handle)} ({message}) [{result}].");
    }

    public void Dispose() => raw.sqlite3_close_v2(Handle);
}

// The embedded engine under test, on files of its own in a temporary directory.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Actors.Policy;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedLab : EngineLab
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("gateway-engine-");
    private EmbeddedEngine _engine;

    private EmbeddedLab(Func<EmbeddedOptions, EmbeddedOptions>? options)
    {
        Options = new EmbeddedOptions
        {
            DataDir = _directory.FullName,
            GraceMs = GraceMs,
            ResumeMs = ResumeMs,
            IdsPerRoom = IdsPerRoom,
            Namespaces = Namespaces,
        };
        Options = options?.Invoke(Options) ?? Options;
        _engine = new EmbeddedEngine(Options, Time, NullLogger<EmbeddedEngine>.Instance);
    }

    public EmbeddedOptions Options { get; set; }

    public string JournalPath => Path.Combine(_directory.FullName, Journal.FileName);

    public override IEngine Engine => _engine;

    public EmbeddedEngine Embedded => _engine;

    public static async Task<EmbeddedLab> Begin(Func<EmbeddedOptions, EmbeddedOptions>? options = null)
    {
        var lab = new EmbeddedLab(options);
        await lab._engine.Start(lab.Notices, default);
        return lab;
    }

    /// <summary>The embedded engine tells before it answers.</summary>
    public override Task Settled() => Task.CompletedTask;

    public override async Task Restart()
    {
        await Stop();
        await Start();
    }

    public override async Task Kill()
    {
        // What a kill -9 leaves: the files as they are, without a last word.
        var copy = Directory.CreateTempSubdirectory("gateway-killed-");
        CopyFiles(_directory.FullName, copy.FullName);
        await Stop();
        foreach (var file in _directory.GetFiles())
            file.Delete();
        CopyFiles(copy.FullName, _directory.FullName);
        copy.Delete(recursive: true);
        await Start();
    }

    public Task Stop() => _engine.DisposeAsync().AsTask();

    public async Task Start()
    {
        _engine = new EmbeddedEngine(Options, Time, NullLogger<EmbeddedEngine>.Instance);
        await _engine.Start(Notices, default);
    }

    public override async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private static void CopyFiles(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}

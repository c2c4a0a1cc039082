// Damaged files: the start fails with a message that names the file, or all that is read is exactly right. Never wrong data.

using Gateway.Actors.Engine;
using Gateway.Actors.Engine.Embedded;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Xunit.Abstractions;

namespace Gateway.Actors.Tests.Engine.Embedded;

public sealed class EmbeddedDamage(ITestOutputHelper output)
{
    private static readonly RoomName Lobby = RoomName.Parse("lobby");
    private static readonly RoomName Small = RoomName.Parse("small:x");

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(2, true, false)]
    [InlineData(3, false, false)]
    [InlineData(4, true, false)]
    public async Task Flipped_bits_are_found_or_harmless(int seed, bool cleanStop, bool isSmall)
    {
        var random = new Random(seed);
        await using var lab = await EmbeddedLab.Begin(options => options with { CheckAlwaysBytes = isSmall ? long.MaxValue : 0 });
        await Fill(lab);
        var expected = await Content(lab);
        await lab.Stop();
        if (!cleanStop)
            MarkUnclean(lab.JournalPath);
        var good = await File.ReadAllBytesAsync(lab.JournalPath);
        var (refused, degraded, harmless) = (0, 0, 0);
        for (var i = 0; i < 60; i++)
        {
            var bad = (byte[])good.Clone();
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            DeleteSidecars(lab.JournalPath);
            await File.WriteAllBytesAsync(lab.JournalPath, bad);
            try
            {
                await lab.Start();
            }
            catch (EngineStartException exception)
            {
                Assert.Contains(lab.JournalPath, exception.Message, StringComparison.Ordinal);
                refused++;
                continue;
            }

            var found = await Content(lab);
            await lab.Stop();
            if (found.Contains("Degraded", StringComparison.Ordinal))
            {
                degraded++;
                continue;
            }

            Assert.Equal(expected, found);
            harmless++;
        }

        output.WriteLine($"{good.Length} bytes, 60 flips: {refused} refused at the start, {degraded} degraded, {harmless} harmless");
        // Most of the file is free space; the rest must have been noticed.
        Assert.InRange(refused + degraded, 5, 60);
        DeleteSidecars(lab.JournalPath);
        await File.WriteAllBytesAsync(lab.JournalPath, good);
        await lab.Start();
        Assert.Equal(expected, await Content(lab));
    }

    [Fact]
    public async Task A_truncated_journal_is_refused_by_name()
    {
        var random = new Random(7);
        await using var lab = await EmbeddedLab.Begin();
        await Fill(lab);
        var expected = await Content(lab);
        await lab.Stop();
        var good = await File.ReadAllBytesAsync(lab.JournalPath);
        var refused = 0;
        foreach (var length in new[] { 0, 1, 99, 4096, 8192, good.Length - 1, good.Length - 4096, random.Next(good.Length), random.Next(good.Length) })
        {
            DeleteSidecars(lab.JournalPath);
            await File.WriteAllBytesAsync(lab.JournalPath, good[..length]);
            try
            {
                await lab.Start();
            }
            catch (EngineStartException exception)
            {
                Assert.Contains(lab.JournalPath, exception.Message, StringComparison.Ordinal);
                refused++;
                continue;
            }

            // What was cut off held nothing.
            Assert.Equal(good.Length - 1, length);
            Assert.Equal(expected, await Content(lab));
            await lab.Stop();
        }

        Assert.InRange(refused, 8, 9);
        DeleteSidecars(lab.JournalPath);
        await File.WriteAllBytesAsync(lab.JournalPath, good);
        await lab.Start();
    }

    [Fact]
    public async Task A_row_damaged_while_serving_degrades_its_room_alone()
    {
        await using var lab = await EmbeddedLab.Begin(options => options with { TailEvents = 1 });
        await lab.Engine.SayMany(Lobby, 5);
        await lab.Engine.SayMany(Small, 5);
        Edit(lab.JournalPath, "UPDATE events SET at = at + 1 WHERE seq = 3 AND room = 1");
        Assert.Equal(EngineStatus.Degraded, (await lab.Engine.Since(Lobby, 0, null)).Status);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Since(Lobby, 3, null)).Status);
        Assert.Equal(EngineStatus.Ok, (await lab.Engine.Since(Small, 0, null)).Status);
        Assert.Equal(PublishStatus.Stored, (await lab.Engine.Say(Lobby)).Status);
    }

    [Theory]
    [InlineData("DELETE FROM events WHERE room = 1 AND seq = 3", "room lobby")]
    [InlineData("DELETE FROM events WHERE room = 1 AND seq = 5", "room lobby")]
    [InlineData("UPDATE events SET body = (SELECT body FROM events WHERE seq = 4 AND room = 1) WHERE seq = 3 AND room = 1", "seq 3")]
    [InlineData("UPDATE rooms SET body = (SELECT body FROM rooms WHERE name = 'small:x') WHERE name = 'lobby'", "room lobby")]
    [InlineData("UPDATE ids SET seq = 1 WHERE seq = 6 AND room = 1", "table ids")]
    [InlineData("DELETE FROM ids WHERE n = 1", "table ids")]
    [InlineData("UPDATE cursors SET seq = 5", "table cursors")]
    [InlineData("UPDATE sessions SET body = x'00'", "table sessions")]
    [InlineData("UPDATE refusals SET until = 1", "table refusals")]
    [InlineData("UPDATE runs SET id = 'other'", "table runs")]
    [InlineData("UPDATE meta SET value = 9 WHERE name = 'beat'", "table meta")]
    [InlineData("DROP TABLE ids", "tables")]
    public async Task A_wrong_or_missing_row_is_named_after_an_unclean_stop(string edit, string named)
    {
        await using var lab = await EmbeddedLab.Begin();
        await Fill(lab);
        await lab.Stop();
        MarkUnclean(lab.JournalPath);
        Edit(lab.JournalPath, edit);
        var exception = await Assert.ThrowsAsync<EngineStartException>(lab.Start);
        Assert.Contains(lab.JournalPath, exception.Message, StringComparison.Ordinal);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM events WHERE room = 1 AND seq = 6", "lobby")]
    [InlineData("DELETE FROM ids WHERE room = 1", "lobby")]
    [InlineData("DELETE FROM cursors", "lobby")]
    public async Task After_a_clean_stop_a_room_with_a_missing_row_degrades_when_it_is_touched(string edit, string room)
    {
        await using var lab = await EmbeddedLab.Begin();
        await Fill(lab);
        await lab.Stop();
        Edit(lab.JournalPath, edit);
        await lab.Start();
        var name = RoomName.Parse(room);
        var answers = new[]
        {
            (await lab.Engine.Cursors(name)).Status == EngineStatus.Degraded,
            (await lab.Engine.Say(name, "new")).Status == PublishStatus.Degraded,
        };
        Assert.Contains(true, answers);
        Assert.Equal(PublishStatus.Stored, (await lab.Engine.Say(Small, "new")).Status);
    }

    [Theory]
    [InlineData("DELETE FROM rooms WHERE name = 'lobby'")]
    [InlineData("DELETE FROM sessions")]
    [InlineData("DELETE FROM refusals")]
    public async Task After_a_clean_stop_a_missing_row_of_these_tables_refuses_the_start(string edit)
    {
        await using var lab = await EmbeddedLab.Begin();
        await Fill(lab);
        await lab.Stop();
        Edit(lab.JournalPath, edit);
        await Assert.ThrowsAsync<EngineStartException>(lab.Start);
    }

    [Fact]
    public async Task A_second_process_on_the_same_directory_is_refused_by_name()
    {
        await using var lab = await EmbeddedLab.Begin();
        await using var second = new EmbeddedEngine(lab.Options, lab.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<EmbeddedEngine>.Instance);
        var exception = await Assert.ThrowsAsync<EngineStartException>(async () => await second.Start(new NoticeProbe(), default));
        Assert.Contains(lab.Options.DataDir!, exception.Message, StringComparison.Ordinal);
        Assert.Equal(PublishStatus.Stored, (await lab.Engine.Say(Lobby)).Status);
    }

    private static async Task Fill(EmbeddedLab lab)
    {
        for (var i = 0; i < 6; i++)
            await lab.Engine.Say(Lobby, $"c-{i}");
        await lab.Engine.SayMany(Small, 300);
        await lab.Engine.MoveCursor(Lobby, "ann", ReceiptStatus.Read, 3);
        await lab.Engine.Enter("ann", Lobby, Small);
        await lab.Engine.Expel("bob", TimeSpan.FromDays(1));
        await lab.Engine.Beat(0);
    }

    /// <summary>All that can be read, as text; "Degraded" where something can't.</summary>
    private static async Task<string> Content(EmbeddedLab lab)
    {
        var lines = new List<string>();
        foreach (var room in new[] { Lobby, Small })
        {
            var page = await lab.Engine.Since(room, 0, null);
            lines.Add($"{page.Status} {page.Position.Top} {page.Continuity}");
            lines.AddRange(page.Events.Select(stored =>
                $"{stored.Seq} {stored.Id} {stored.SenderId} {stored.SenderName} {stored.Type} {stored.TimestampMs} {Convert.ToHexString(stored.Fields.Span)}"));
            var (status, cursors) = await lab.Engine.Cursors(room);
            lines.Add($"{status} {string.Join(' ', cursors)}");
            var (whoStatus, who) = await lab.Engine.Who(room, 10);
            lines.Add($"{whoStatus} {string.Join(' ', who.Users!.Select(user => (user.UserId, user.Name, user.Since)))}");
        }

        var again = await lab.Engine.Say(Lobby, "c-2");
        lines.Add($"{again.Status} {again.Seq} {again.Duplicate}");
        lines.Add($"{await lab.Engine.RefusedUntil("bob")}");
        return string.Join('\n', lines);
    }

    private static void MarkUnclean(string path)
    {
        using var journal = Journal.Open(path, null);
        journal.BeginIfNeeded();
        journal.Meta.Set(MetaRows.Clean, 0);
        journal.Commit();
    }

    private static void Edit(string path, string sql)
    {
        using var file = SqliteFile.Open(path, readOnly: false);
        file.Execute(sql);
    }

    private static void DeleteSidecars(string path)
    {
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
    }
}

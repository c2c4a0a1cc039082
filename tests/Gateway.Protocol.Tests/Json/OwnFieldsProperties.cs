// Properties: what a sender wrote of its own stands byte for byte in the event that the others get. FsCheck prints the seed
// of a failure.

using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Protocol.Inbound;
using static Gateway.Protocol.Tests.Json.JsonFrames;

namespace Gateway.Protocol.Tests.Json;

public sealed class OwnFieldsProperties
{
    private const int Runs = 500;

    private static readonly string[] Stamped =
    [
        "\"type\":\"message\"", "\"room\":\"lobby\"", "\"id\":\"c-1\"", "\"seq\":7", "\"epoch\":{\"x\":1}", "\"senderId\":\"evil\"",
        "\"s\\u0065nderName\":null", "\"replay\":[true]", "\"skipped\":1.5",
    ];

    /// <summary>Text of any characters, each written plainly, as the short escape or as its number, as JSON allows.</summary>
    private static readonly Gen<string> Content = Gen.ListOf(Gen.Elements(
            "a", "Z", "0", " ", "é", "€", "😀", "\\\"", "\\\\", "\\/", "/", "\\n", "\\u000a", "\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\ud800", "\\udc00", "\u2028", "\u007f"))
        .Select(string.Concat);

    private static readonly Gen<string> Number = Gen.Elements(
        "0", "-0", "1.10", "-1.50e+07", "1E400", "0.1000000000000000055511151231257827", "123456789012345678901234567890123456789012345678901234567890", "-9007199254740993");

    private static readonly Gen<string> Scalar = Gen.OneOf(Content.Select(c => $"\"{c}\""), Number, Gen.Elements("true", "false", "null"));

    private static readonly Gen<string> Space = Gen.Elements("", "", " ", "\n\t", "  ");

    private static readonly Gen<string[]> Members = Gen.Sized(size => Member(Math.Min(size, 20)).ListOf())
        .Select(list => list.Take(200).Select((member, i) => $"\"own{i}_{member}").ToArray());

    [Fact]
    public void Own_members_are_written_as_they_were_sent() => Check(
        Members.ToArbitrary(),
        members => Written($"{{{string.Join(',', members)}}}") == string.Join(',', members));

    [Fact]
    public void Stamped_members_are_left_out_wherever_they_stand() => Check(
        (from members in Members
         from order in Gen.Shuffle(members.Concat(Stamped))
         select order).ToArbitrary(),
        order => Written($"{{{string.Join(',', order)}}}") == string.Join(',', order.Except(Stamped)));

    [Fact]
    public void Space_around_members_changes_nothing() => Check(
        (from members in Members
         from space in Space
         select (members, space)).ToArbitrary(),
        given => Written($"{given.space}{{{given.space}{string.Join($"{given.space},{given.space}", given.members)}{given.space}}}{given.space}") == string.Join(',', given.members));

    [Fact]
    public void A_batch_means_what_its_objects_mean_one_by_one() => Check(
        Members.ToArbitrary(),
        members =>
        {
            var frame = $"{{{string.Join(',', members)}}}";
            var fields = ParseAll($"[{frame},{{\"type\":\"ping\"}}, {frame} ]").OfType<PublishCommand>().Select(p => Utf8(p.Fields));
            return fields.SequenceEqual([FieldsOf(frame), FieldsOf(frame)]);
        });

    [Fact]
    public void Text_that_the_contract_reads_is_what_the_framework_reads() => Check(
        Content.ToArbitrary(),
        content =>
        {
            var message = Parse($"{{\"id\":\"{content}\"}}");
            return FrameworkText(content) is { } text && text.EnumerateRunes().Count() is >= 1 and <= 128
                ? message is PublishCommand && message.Id == text
                : message is InvalidMessage { Code: ErrorCode.BadFrame, Field: "id", Id: null };
        });

    /// <summary>Null where the framework's reader finds no text in it.</summary>
    private static string? FrameworkText(string content)
    {
        try
        {
            return JsonSerializer.Deserialize<string>($"\"{content}\"");
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The rest of a name, a colon and a value; no space round the colon, since that alone is not kept.</summary>
    private static Gen<string> Member(int size) =>
        from name in Content
        from value in Value(size)
        select $"{name}\":{value}";

    private static Gen<string> Value(int size) => size <= 1 ? Scalar : Gen.OneOf(Scalar, Scalar, Container(size / 4));

    private static Gen<string> Container(int size) =>
        from values in Value(size).ListOf()
        from space in Space
        from isObject in Gen.Elements(true, false)
        let items = values.Take(5).Select(v => isObject ? $"\"k\"{space}:{v}" : v)
        let body = string.Join($"{space},{space}", items)
        select isObject ? $"{{{space}{body}{space}}}" : $"[{space}{body}{space}]";

    private static void Check<T>(Arbitrary<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));

    /// <summary>The tail of the event as the others get it: all behind the server's stamp.</summary>
    private static string Written(string frame)
    {
        var publish = Parse<PublishCommand>(frame);
        var written = WriteEvent(new RoomEvent
        {
            Room = RoomName.Parse("lobby"),
            Type = "message",
            Id = "c-1",
            SenderId = "u1",
            SenderName = "Ann",
            Fields = publish.Fields,
            Seq = 58,
            TimestampMs = 1_767_225_600_000,
        });
        const string stamp = "\"timestamp\":\"2026-01-01T00:00:00.000Z\"";
        var tail = written[(written.IndexOf(stamp, StringComparison.Ordinal) + stamp.Length)..^1];
        Assert.Equal(tail.Length == 0, publish.Fields.IsEmpty);
        Assert.Equal(Encoding.UTF8.GetByteCount(tail), publish.Fields.IsEmpty ? 0 : publish.Fields.Length + 1);
        return tail.TrimStart(',');
    }
}

// What a beat answers, as values.

using Gateway.Redis;

namespace Gateway.Actors.Engine.Redis;

/// <param name="Now">The partition's time, in ms.</param>
/// <param name="Change">The partition's change number.</param>
/// <param name="Cut">Changes up to this one are no longer in the feed.</param>
/// <param name="NextDue">In the partition's time; 0: none.</param>
/// <param name="TopNotice">The number of the last notice.</param>
/// <param name="Dead">What incarnations without a lease still own, with their last beat.</param>
/// <param name="Due">Grace periods that are over, with their deadlines as Redis wrote them.</param>
internal sealed record BeatAnswer(
    string Generation, long Now, long Change, long Cut, long NextDue, long TopNotice,
    IReadOnlyList<(string Owner, string LastBeat, string Entry)> Dead,
    IReadOnlyList<(string Entry, string Deadline)> Due,
    IReadOnlyList<HotRoom> Hot,
    IReadOnlyList<(long Number, string Notice)> Notices)
{
    /// <summary>As many as one answer of the function holds: there may be more.</summary>
    public const int FeedBatch = 1_000;

    public const int NoticeBatch = 500;

    private const int Fields = 11;

    /// <summary>Null where the answer is none of a beat.</summary>
    public static BeatAnswer? Parse(in RedisReply reply)
    {
        if (reply.Count != Fields)
            return null;
        return new BeatAnswer(
            reply[1].Text, reply[2].Integer, reply[3].Integer, reply[4].Integer, Score(reply[5]), reply[6].Integer,
            Groups(reply[7], 3, static (items, i) => (items[i].Text, items[i + 1].Text, items[i + 2].Text)),
            Groups(reply[8], 2, static (items, i) => (items[i].Text, items[i + 1].Text)),
            Groups(reply[9], 2, static (items, i) => new HotRoom(items[i].Text, Score(items[i + 1]))),
            Groups(reply[10], 2, static (items, i) => (items[i].Integer, items[i + 1].Text)));
    }

    // A score is a double, which Redis may write with an exponent.
    private static long Score(in RedisReply reply) => (long)reply.Double;

    private static List<T> Groups<T>(RedisReply reply, int size, Func<RedisReply, int, T> read)
    {
        var groups = new List<T>(reply.Count / size);
        for (var i = 0; i + size <= reply.Count; i += size)
            groups.Add(read(reply, i));
        return groups;
    }
}

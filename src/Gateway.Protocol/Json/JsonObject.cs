// One object of a frame as a table of its members. Made by one pass over the text; the table is the caller's.

using System.Text;

namespace Gateway.Protocol.Json;

internal readonly ref struct JsonObject
{
    /// <summary>How much of a name that is no name of the contract an error repeats: a plain word at most.</summary>
    private const int NamedChars = 64;

    /// <summary>Of the filter that spares most names the comparison with all before them; eight bits a name at the most members.</summary>
    private const int FilterBits = 8 * ProtocolLimits.FieldsPerObject;

    private JsonObject(ReadOnlySpan<byte> text, ReadOnlySpan<JsonMember> members, bool tooMany, int duplicate, JsonMember id, int ids)
    {
        Text = text;
        Members = members;
        TooManyMembers = tooMany;
        Duplicate = duplicate;
        IdMember = id;
        IdCount = ids;
    }

    public ReadOnlySpan<byte> Text { get; }

    public ReadOnlySpan<JsonMember> Members { get; }

    /// <summary>More than the table holds; the rest was validated and left out.</summary>
    public bool TooManyMembers { get; }

    /// <summary>The first member whose name stood before; -1: none.</summary>
    private int Duplicate { get; }

    private JsonMember IdMember { get; }

    private int IdCount { get; }

    public bool HasDuplicate => Duplicate >= 0;

    /// <summary>Reads the object before which the scanner stands.</summary>
    /// <returns>False where the text is no JSON.</returns>
    public static bool TryRead(ref JsonScanner scanner, JsonMember[] table, out JsonObject result)
    {
        result = default;
        var text = scanner.Text;
        var count = 0;
        var tooMany = false;
        var duplicate = -1;
        JsonMember id = default;
        var ids = 0;
        Span<ulong> filter = stackalloc ulong[FilterBits / 64];
        filter.Clear();
        scanner.Enter();
        JsonStep step;
        while ((step = scanner.NextMember(out var member)) == JsonStep.Found)
        {
            member.Known = FieldNames.Of(member, text);
            if (member.Known == FieldName.Id)
            {
                id = member;
                ids++;
            }

            if (count == ProtocolLimits.FieldsPerObject)
            {
                tooMany = true;
                continue;
            }

            member.NameHash = JsonText.HashName(member.Name(text));
            if (duplicate < 0 && IsInFilter(filter, member.NameHash) && IsNamedBefore(member, table.AsSpan(0, count), text))
                duplicate = count;
            table[count++] = member;
        }

        if (step != JsonStep.End)
            return false;
        result = new JsonObject(text, table.AsSpan(0, count), tooMany, duplicate, id, ids);
        return true;
    }

    public bool TryFind(FieldName field, out JsonMember found)
    {
        foreach (ref readonly var member in Members)
        {
            if (member.Known == field)
            {
                found = member;
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <param name="id">Null where there is none, or none that is valid.</param>
    /// <returns>False where there is one that is not valid.</returns>
    public bool TryReadId(out string? id)
    {
        id = null;
        if (IdCount == 0)
            return true;
        if (IdCount > 1 || IdMember.Kind != JsonKind.String || !JsonText.TryDecode(IdMember.Content(Text), ProtocolLimits.IdChars, out var text))
            return false;
        id = text;
        return true;
    }

    /// <summary>The name that stands twice, for the error; null where it might be more than a name.</summary>
    public string? DuplicateName()
    {
        Span<byte> name = stackalloc byte[NamedChars];
        if (!JsonText.TryDecodeAscii(Members[Duplicate].Name(Text), name, out var length))
            return null;
        name = name[..length];
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'_' or (byte)'-'))
                return null;
        }

        return length > 0 ? Encoding.ASCII.GetString(name) : null;
    }

    /// <summary>Puts the hash in.</summary>
    /// <returns>Whether it, or another that shares its bit, was in before.</returns>
    private static bool IsInFilter(Span<ulong> filter, int hash)
    {
        var bit = hash & (FilterBits - 1);
        ref var word = ref filter[bit / 64];
        var mask = 1ul << (bit % 64);
        var before = (word & mask) != 0;
        word |= mask;
        return before;
    }

    private static bool IsNamedBefore(in JsonMember member, ReadOnlySpan<JsonMember> before, ReadOnlySpan<byte> text)
    {
        foreach (ref readonly var other in before)
        {
            if (JsonText.SameName(member, other, text))
                return true;
        }

        return false;
    }
}

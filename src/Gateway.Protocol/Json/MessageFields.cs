// Reads the fields of one client message and remembers the first that is wrong, so that a command is read field by field
// and judged once at the end. Values are never repeated in a fault, only the names of fields.

using System.Buffers.Text;
using Gateway.Protocol.Inbound;

namespace Gateway.Protocol.Json;

internal ref struct MessageFields(JsonObject source, string? id)
{
    private readonly JsonObject _source = source;
    private ErrorCode _code;
    private string? _text;
    private string? _field;

    public readonly JsonObject Source => _source;

    public readonly string? Id => id;

    public readonly bool Failed => _text is not null;

    public readonly InvalidMessage Fault => new(id, _code, _text ?? "", _field);

    public void Fail(ErrorCode code, string text, string? field)
    {
        if (Failed)
            return;
        _code = code;
        _text = text;
        _field = field;
    }

    public void FailFrame(FieldName field, string text) => Fail(ErrorCode.BadFrame, text, FieldNames.Text(field));

    public readonly bool TryFind(FieldName field, out JsonMember member) => _source.TryFind(field, out member);

    public readonly ReadOnlySpan<byte> Value(scoped in JsonMember member) => member.Value(_source.Text);

    /// <summary>A whole number of at least <paramref name="least"/>; null where there is none.</summary>
    public long? Integer(FieldName field, long least)
    {
        if (!TryFind(field, out var member))
            return null;
        if (TryReadInteger(member, _source.Text, out var value) && value >= least)
            return value;
        FailFrame(field, "Must be a whole number within its range.");
        return null;
    }

    /// <summary>A whole number of at least 0, cut to <paramref name="most"/> however large it is; null where there is none.</summary>
    public int? ClippedCount(FieldName field, int most)
    {
        if (!TryFind(field, out var member))
            return null;
        if (member.Kind == JsonKind.Number && !Value(member).ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return TryReadInteger(member, _source.Text, out var value) ? (int)Math.Min(value, most) : most;
        FailFrame(field, "Must be a whole number, 0 or more.");
        return null;
    }

    public bool? Flag(FieldName field)
    {
        if (!TryFind(field, out var member))
            return null;
        if (member.Kind is JsonKind.True or JsonKind.False)
            return member.Kind == JsonKind.True;
        FailFrame(field, "Must be true or false.");
        return null;
    }

    /// <summary>Text of 1 to <paramref name="most"/> characters; null where there is none.</summary>
    public string? Text(FieldName field, int most)
    {
        if (!TryFind(field, out var member))
            return null;
        if (member.Kind == JsonKind.String && JsonText.TryDecode(member.Content(_source.Text), most, out var text))
            return text;
        FailFrame(field, "Must be a string of allowed length.");
        return null;
    }

    /// <summary>As <see cref="Text"/>, but it must be there.</summary>
    public string RequiredText(FieldName field, int most)
    {
        var text = Text(field, most);
        if (text is null)
            FailFrame(field, "Is missing.");
        return text ?? "";
    }

    /// <summary>A number above 0 and not above <paramref name="most"/>; null where there is none.</summary>
    public double? Rate(FieldName field, double most)
    {
        if (!TryFind(field, out var member))
            return null;
        var text = Value(member);
        if (member.Kind == JsonKind.Number && Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length
            && value > 0 && value <= most)
        {
            return value;
        }

        FailFrame(field, "Must be a number within its range.");
        return null;
    }

    public static bool TryReadInteger(in JsonMember member, ReadOnlySpan<byte> text, out long value)
    {
        var digits = member.Value(text);
        value = 0;
        return member.Kind == JsonKind.Number && Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length;
    }
}

// Where one member (or array element) lies in the text that was scanned. Offsets only, so that a table of them can be pooled.

namespace Gateway.Protocol.Json;

internal struct JsonMember
{
    /// <summary>Behind the opening quote.</summary>
    public int NameStart;

    /// <summary>Without the quotes; 0 for an array's element.</summary>
    public int NameLength;

    /// <summary>A string's value lies with its quotes.</summary>
    public int ValueStart;

    public int ValueLength;

    /// <summary>Of the name as it reads unescaped; set by <see cref="JsonObject"/>.</summary>
    public int NameHash;

    public JsonKind Kind;

    public bool NameEscaped;

    public FieldName Known;

    public readonly ReadOnlySpan<byte> Name(ReadOnlySpan<byte> text) => text.Slice(NameStart, NameLength);

    public readonly ReadOnlySpan<byte> Value(ReadOnlySpan<byte> text) => text.Slice(ValueStart, ValueLength);

    /// <summary>A string's value without its quotes, still escaped.</summary>
    public readonly ReadOnlySpan<byte> Content(ReadOnlySpan<byte> text) => text.Slice(ValueStart + 1, ValueLength - 2);
}

// An answer of Redis as a value. What it holds is its own: it stays valid as long as it is kept.

using System.Globalization;
using System.Text;

namespace Gateway.Redis;

public readonly struct RedisReply
{
    // Either the bytes, the items or the error, by kind: one field keeps the struct small, since replies lie in arrays.
    private readonly object? _content;
    private readonly int _start;
    private readonly int _length;
    private readonly long _number;

    private RedisReply(RedisKind kind, object? content, int start, int length, long number)
    {
        Kind = kind;
        _content = content;
        _start = start;
        _length = length;
        _number = number;
    }

    public RedisKind Kind { get; }

    public bool IsNull => Kind == RedisKind.Null;

    public bool IsError => Kind == RedisKind.Error;

    public RedisError? Error => _content as RedisError;

    /// <summary>Of an integer or a boolean (0 or 1); a text or blob of digits is read as well; otherwise 0.</summary>
    public long Integer => Kind switch
    {
        RedisKind.Integer or RedisKind.Boolean => _number,
        RedisKind.Double => (long)BitConverter.Int64BitsToDouble(_number),
        RedisKind.Text or RedisKind.Blob when long.TryParse(Blob.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => 0,
    };

    public double Double => Kind switch
    {
        RedisKind.Double => BitConverter.Int64BitsToDouble(_number),
        RedisKind.Text or RedisKind.Blob when double.TryParse(Blob.Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => Integer,
    };

    public bool Boolean => Integer != 0;

    /// <summary>The bytes of a text or blob; otherwise empty.</summary>
    public ReadOnlyMemory<byte> Blob => _content is byte[] bytes ? bytes.AsMemory(_start, _length) : default;

    /// <summary>The text or blob as UTF-8, an error's message, a number's digits; otherwise empty.</summary>
    public string Text => Kind switch
    {
        RedisKind.Text or RedisKind.Blob => Encoding.UTF8.GetString(Blob.Span),
        RedisKind.Error => Error?.Message ?? "",
        RedisKind.Integer or RedisKind.Boolean => _number.ToString(CultureInfo.InvariantCulture),
        RedisKind.Double => Double.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    /// <summary>Of an array, set or map (key, value, key, value…); otherwise empty.</summary>
    public ReadOnlySpan<RedisReply> Items => _content is RedisReply[] items ? items.AsSpan() : default;

    /// <summary>How many <see cref="Items"/>.</summary>
    public int Count => _content is RedisReply[] items ? items.Length : 0;

    /// <summary>The item, or null where there is none: a reply shorter than expected throws nothing.</summary>
    public RedisReply this[int index] => _content is RedisReply[] items && (uint)index < (uint)items.Length ? items[index] : default;

    public static RedisReply OfInteger(long value) => new(RedisKind.Integer, null, 0, 0, value);

    public static RedisReply OfDouble(double value) => new(RedisKind.Double, null, 0, 0, BitConverter.DoubleToInt64Bits(value));

    public static RedisReply OfBoolean(bool value) => new(RedisKind.Boolean, null, 0, 0, value ? 1 : 0);

    public static RedisReply OfText(string value) => OfBytes(RedisKind.Text, Encoding.UTF8.GetBytes(value));

    public static RedisReply OfBlob(byte[] value) => OfBytes(RedisKind.Blob, value);

    public static RedisReply OfArray(params RedisReply[] items) => OfItems(RedisKind.Array, items);

    public static RedisReply OfError(RedisError error) => new(RedisKind.Error, error, 0, 0, 0);

    public static RedisReply OfError(RedisErrorCode code, string message) => OfError(new RedisError(code, message, -1, null));

    public override string ToString() => Kind switch
    {
        RedisKind.Array or RedisKind.Map or RedisKind.Set => $"{Kind} of {Count}",
        RedisKind.Blob => $"Blob of {_length} bytes",
        _ => $"{Kind} {Text}",
    };

    internal static RedisReply OfBytes(RedisKind kind, byte[] bytes) => new(kind, bytes, 0, bytes.Length, 0);

    internal static RedisReply OfBytes(RedisKind kind, byte[] bytes, int start, int length) => new(kind, bytes, start, length, 0);

    internal static RedisReply OfItems(RedisKind kind, RedisReply[] items) => new(kind, items, 0, items.Length, 0);
}

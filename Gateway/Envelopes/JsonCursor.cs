using System.Text.Json;

namespace AngoGateway.Envelopes;

/// <summary>
/// Utf8JsonReader over a whole payload, which leaps over large values that nobody looks into. What is leapt over is skimmed
/// (<see cref="JsonSkim"/>), all else is read strictly.
/// </summary>
internal ref struct JsonCursor
{
    // Below this, reading a value is as quick as leaping over it.
    private const int WorthALeap = 256;

    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;
    private JsonReaderState _before;
    private bool _isValue;
    private int _base;

    public JsonCursor(ReadOnlySpan<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, EnvelopeReader.Strict);
    }

    public readonly JsonTokenType TokenType => _reader.TokenType;

    public readonly ReadOnlySpan<byte> ValueSpan => _reader.ValueSpan;

    public readonly bool ValueIsEscaped => _reader.ValueIsEscaped;

    /// <summary>Where the token begins in the payload.</summary>
    public readonly int TokenStart => _base + (int)_reader.TokenStartIndex;

    /// <summary>Where the next token may begin.</summary>
    public readonly int Consumed => _base + (int)_reader.BytesConsumed;

    /// <exception cref="JsonException">What is not JSON was met; where is found out by reading it again, without leaps.</exception>
    public bool Read()
    {
        _isValue = _reader.TokenType == JsonTokenType.PropertyName;
        _before = _reader.CurrentState;
        return _reader.Read();
    }

    /// <summary>Passes the children of the token.</summary>
    public void Skip()
    {
        if (_isValue && _reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            Leap();
        else
            SkipStrictly();
    }

    /// <summary>The same without a leap: what is passed is JSON.</summary>
    public void SkipStrictly() => _reader.Skip();

    private void Leap()
    {
        var start = TokenStart;
        var end = JsonSkim.EndOf(_json, start, EnvelopeReader.MaxDepth - _reader.CurrentDepth);
        if (end < 0 || end - start < WorthALeap)
        {
            _reader.Skip();
            return;
        }

        // The reader goes on behind it as if an empty string had stood there: it can be put into no other state.
        var instead = new Utf8JsonReader("\"\""u8, isFinalBlock: false, _before);
        instead.Read();
        _base = end;
        _reader = new Utf8JsonReader(_json[end..], isFinalBlock: true, instead.CurrentState);
    }
}

namespace AngoGateway.Journal;

/// <summary>
/// The journal cannot be opened, read, or written at the moment. Nothing was changed. The message tells an operator
/// what is wrong and what to do; it holds no payload and no secret.
/// </summary>
internal sealed class JournalUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

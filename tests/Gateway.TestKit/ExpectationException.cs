// A probe did not see what a test expects.

namespace Gateway.TestKit;

public sealed class ExpectationException(string message) : Exception(message);

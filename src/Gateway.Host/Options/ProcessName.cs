// The name of a node that was given none: of its machine, and unlike that of any other process. Containers share machine names and
// process ids, so chance decides.

using System.Security.Cryptography;

namespace Gateway.Host.Options;

internal static class ProcessName
{
    /// <summary>With the dash and the digits well under the 64 that a node's name may have.</summary>
    private const int MachineChars = 40;

    private const int RandomChars = 6;

    public static string Make() => Make(Environment.MachineName);

    public static string Make(string machine)
    {
        var plain = new string([.. machine.Where(OptionsValidator.IsNodeIdChar).Take(MachineChars)]);
        return $"{(plain.Length > 0 ? plain : "node")}-{RandomNumberGenerator.GetHexString(RandomChars, lowercase: true)}";
    }
}

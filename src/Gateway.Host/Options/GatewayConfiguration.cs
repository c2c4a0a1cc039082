// Reads and checks the configuration as one step, or refuses the start with everything that is wrong in it.

namespace Gateway.Host.Options;

internal static class GatewayConfiguration
{
    public static GatewayOptions Load(IConfiguration configuration, bool isDevelopment)
    {
        var (options, errors) = SettingsReader.Read(configuration, isDevelopment);
        // A key that could not be read still has its default, which is valid: no error is said twice.
        var all = errors.Concat(OptionsValidator.Check(options, isDevelopment)).ToList();
        return all.Count == 0 ? options : throw new StartException(string.Join(Environment.NewLine, all));
    }
}

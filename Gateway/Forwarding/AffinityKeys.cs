using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;

namespace AngoGateway.Forwarding;

/// <summary>
/// Keeps the keys of YARP's session affinity in memory. ASP.NET Core would write them, unencrypted, to the home or the
/// working directory at every first start, which a read-only container does not even have. Who needs lasting keys
/// configures <see cref="KeyManagementOptions"/> after this.
/// </summary>
internal sealed class AffinityKeys : IConfigureOptions<KeyManagementOptions>, IXmlRepository
{
    private readonly Lock _lock = new();
    private readonly List<XElement> _elements = [];

    public void Configure(KeyManagementOptions options)
    {
        options.XmlRepository = this;
        options.XmlEncryptor = new NullXmlEncryptor();
    }

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        lock (_lock)
            return [.. _elements];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        lock (_lock)
            _elements.Add(element);
    }
}

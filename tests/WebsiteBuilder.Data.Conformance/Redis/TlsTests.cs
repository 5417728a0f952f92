using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Connections under TLS, with certificates made for the test.</summary>
public sealed class TlsTests(TlsTests.Tier tier) : IClassFixture<TlsTests.Tier>
{
    private static readonly RedisCallOptions Patient = new(Timeout: TimeSpan.FromSeconds(10));

    [Fact]
    public async Task A_trusted_server_is_spoken_to()
    {
        await using var channel = new RespChannel(Options(tier.Trust));
        await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key("tls"), new byte[300_000]), Patient);

        Assert.Equal(300_000, (await channel.ExecuteAsync(RedisCommand.Read("STRLEN", RedisArgument.Key("tls")), Patient)).AsInt64());
        CountedLoad load = new(channel, static worker => $"tls:{worker}");
        await load.ProgressAsync(2_000);
        await load.StopAsync();
        Assert.Empty(load.Faults);
        await load.JudgeAsync();
    }

    [Fact]
    public async Task A_subscription_outlives_its_silence()
    {
        var options = Options(tier.Trust);
        // As long again without an answer, and it is ended: a busy machine may let a server wait for that long, if it is short.
        options.KeepAlive = TimeSpan.FromMilliseconds(800);
        await using var channel = new RespChannel(options);
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(20), TimeProvider.System);
        await using var stream = channel.SubscribeAsync(RedisTopic.Named("quiet"), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.True(await stream.MoveNextAsync());
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(3));
        await channel.ExecuteAsync(RedisCommand.Write("PUBLISH", "quiet", "x"), Patient);

        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(RedisMessageKind.Message, stream.Current.Kind);
    }

    [Fact]
    public async Task A_stranger_is_not()
    {
        await using var channel = new RespChannel(Options(new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck }));

        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient));
        Assert.Equal((RedisFaultKind.Unreachable, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
        Assert.DoesNotContain("127", fault.Message, StringComparison.Ordinal);
    }

    private RedisChannelOptions Options(X509ChainPolicy policy) => new()
    {
        Endpoints = { $"127.0.0.1:{tier.Pair.Primary.TlsPort}" },
        Password = tier.Redis.Password,
        Tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
    };

    public sealed class Tier : PairTier, IDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("wbd-tls-");
        private X509Certificate2? _certificate;

        public X509ChainPolicy Trust => new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { _certificate! },
        };

        public void Dispose()
        {
            _certificate?.Dispose();
            _directory.Delete(recursive: true);
        }

        protected override void Choose(LocalRedisOptions options)
        {
            base.Choose(options);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=redis", key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            _certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101);
            options.TlsCertificateFile = Write("server.crt", _certificate.ExportCertificatePem());
            options.TlsKeyFile = Write("server.key", key.ExportECPrivateKeyPem());
        }

        private string Write(string name, string content)
        {
            var file = Path.Combine(_directory.FullName, name);
            File.WriteAllText(file, content);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
            return file;
        }
    }
}

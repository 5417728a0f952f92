using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Health;

internal sealed partial class ShardMonitor
{
    void INodeWatcher.Ping(ShardNode node) => _ = _runtime.Start(() => PingAsync(node));

    /// <summary>Two ways have found nothing: requests that wait, and a ping. More failures are not waited for.</summary>
    void INodeWatcher.Gone(ShardNode node)
    {
        Log.NodeSilent(_logger, _shard.Definition.Name, node.Definition.Name, _policy.SilenceTimeout);
        _publish.Health(node, node.Vitals.Refuted(_runtime.Now));
        ProbeNow();
    }

    void INodeWatcher.Measure(ShardNode node)
    {
        // Whose queries take long would be measured all the time.
        ref var from = ref _measureFrom[node.Definition.Index];
        if (_runtime.Now >= from)
        {
            from = _runtime.Now + _policy.RecheckInterval;
            _ = _runtime.Start(() => MeasureAsync(node));
        }
    }

    void INodeWatcher.SetAside(ShardNode node, bool isSetAside) => _publish.SetAside(node, isSetAside);

    private async Task MeasureAsync(ShardNode node)
    {
        try
        {
            await ProbeAsync(node, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client is disposed.
        }
    }

    private async Task PingAsync(ShardNode node)
    {
        var limit = _policy.SilenceTimeout + (NodeWatch.RoundTripsOfSilence * (node.Vitals.RoundTrip ?? TimeSpan.Zero));
        try
        {
            await _runtime.WithinAsync(limit, node.Store, static (store, token) => store.PingAsync(token), _stop.Token).ConfigureAwait(false);
            _watch.Pinged(node);
            if (node.Vitals.NeedsEvidence && node.Vitals.Health != EndpointHealth.Unhealthy)
            {
                Saw(node, worked: true);
            }
        }
        catch (StoreFaultException fault)
        {
            _watch.Pinged(node);
            if (fault.BlamesNode && fault.Code is null)
            {
                Saw(node, worked: false);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // The watch has counted the silence.
        }
    }
}

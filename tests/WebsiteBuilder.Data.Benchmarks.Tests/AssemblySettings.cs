// Some tests start servers and measure: they have the machine to themselves, as far as this assembly can help it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Live tests share two cores and measure time: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

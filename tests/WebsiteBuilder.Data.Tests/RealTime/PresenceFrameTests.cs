using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class PresenceFrameTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        Random random = new(1);
        for (var run = 0; run < 500; run++)
        {
            var state = new byte[random.Next(100)];
            random.NextBytes(state);
            var bytes = PresenceFrame.Encode(new PresenceEntry(Text(random), Text(random), state));

            Assert.True(PresenceFrame.TryDecode(bytes, out var read));
            Assert.Equal(bytes, PresenceFrame.Encode(read));
            Assert.Equal(state, read.State.ToArray());
            Assert.True(PresenceFrame.TryDecodeChange((byte[])[(byte)'J', .. bytes], out var change));
            Assert.Equal((PresenceChangeKind.Joined, read.UserId, read.ConnectionId), (change.Kind, change.Entries[0].UserId, change.Entries[0].ConnectionId));
        }
    }

    [Fact]
    public void What_is_cut_or_of_another_version_is_no_entry()
    {
        var bytes = PresenceFrame.Encode(new PresenceEntry("ann", "a1", default));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(PresenceFrame.TryDecode(bytes.AsMemory(0, length), out _));
        }

        Assert.False(PresenceFrame.TryDecodeChange(bytes, out _));
        Assert.False(PresenceFrame.TryDecodeChange((byte[])[(byte)'X', .. bytes], out _));
        bytes[0] = 2;
        Assert.False(PresenceFrame.TryDecode(bytes, out _));
    }

    private static string Text(Random random) => new([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => "aé{}:\0ß"[random.Next(7)])]);
}

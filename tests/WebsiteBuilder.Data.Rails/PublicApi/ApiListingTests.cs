using WebsiteBuilder.Data.Rails.PublicApi.Planted;

namespace WebsiteBuilder.Data.Rails.PublicApi
{
    public class ApiListingTests
    {
        [Fact]
        public void A_listing_shows_all_that_users_see_and_nothing_else() =>
            Assert.Equal(
                """
                namespace WebsiteBuilder.Data.Rails.PublicApi.Planted

                public interface IShape<TKey> : IDisposable where TKey : notnull
                    ValueTask<TKey?> FindAsync(TKey key, CancellationToken cancellationToken = default)
                    string? Name { get; }

                public enum Level : byte
                    None = 0
                    Some = 1

                public abstract class Open
                    protected Open(int size, string name = "a", params int[] rest)
                    protected abstract ReadOnlySpan<char> Text { get; }
                    protected virtual bool TryTake(out Dictionary<string, List<int?>>? taken)
                    public const int Most = 8
                    public int Limit { get; protected set; }
                    public required string Given { get; init; }
                    public static bool op_Equality(Open? left, Open? right)
                    public static bool op_Inequality(Open? left, Open? right)

                public sealed record class Pair : IEquatable<Pair>
                    public Open.Inner? Right { get; init; }
                    public Pair(int Left, Open.Inner? Right)
                    public int Left { get; init; }

                public delegate string? Told<T>(in T what) where T : struct

                """,
                ApiListing.Of([typeof(Told<>), typeof(IShape<>), typeof(Level), typeof(Open), typeof(Pair)]));

        [Fact]
        public void A_difference_names_the_type_and_shows_both_lines()
        {
            const string Accepted = "namespace A\n\npublic class B : C\n    public int D()\n    public int E()\n";
            const string Built = "namespace A\n\npublic class B : F\n    public int E()\n    public long D()\n\npublic class G\n";

            Assert.Equal(
                """
                  A: public class B
                - public class B : C
                + public class B : F
                -     public int D()
                +     public long D()
                  A: public class G
                + public class G

                """,
                LineDiff.Of(Accepted, Built));
            Assert.Equal("", LineDiff.Of(Built, Built));
        }
    }
}

#pragma warning disable CS0660, CS0661 // The operators are there to be listed, nobody compares.
namespace WebsiteBuilder.Data.Rails.PublicApi.Planted
{
    public delegate string? Told<T>(in T what)
        where T : struct;

    public enum Level : byte
    {
        Some = 1,
        None = 0,
    }

    public interface IShape<TKey> : IDisposable
        where TKey : notnull
    {
        string? Name { get; }

        ValueTask<TKey?> FindAsync(TKey key, CancellationToken cancellationToken = default);
    }

    public sealed record Pair(int Left, Open.Inner? Right);

    public abstract class Open
    {
        public const int Most = 8;

        internal readonly int Hidden;

        protected Open(int size, string name = "a", params int[] rest) => Hidden = size + name.Length + rest.Length;

        public required string Given { get; init; }

        public int Limit { get; protected set; }

        protected abstract ReadOnlySpan<char> Text { get; }

        public static bool operator ==(Open? left, Open? right) => ReferenceEquals(left, right);

        public static bool operator !=(Open? left, Open? right) => !ReferenceEquals(left, right);

        protected virtual bool TryTake(out Dictionary<string, List<int?>>? taken)
        {
            taken = null;
            return false;
        }

        internal void Own() => Limit = Hidden;

        public sealed class Inner;
    }
}

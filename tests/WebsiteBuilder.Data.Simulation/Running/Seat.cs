namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>
/// A session and the process that it is in right now. Two workers may share one; it then stays where it is, because a call of the other one that is on its
/// way would not be known to a session made from the token's text.
/// </summary>
internal sealed class Seat(int number, int process, IDataSession session, bool isShared)
{
    public bool IsShared => isShared;

    public int Number { get; private set; } = number;

    public int Process { get; private set; } = process;

    public IDataSession Session { get; private set; } = session;

    /// <summary>Goes on elsewhere with the same past.</summary>
    public void Move(int process, IDataSession session)
    {
        Process = process;
        Session = session;
    }

    /// <summary>Begins anew, with no past.</summary>
    public void Renew(int number, int process, IDataSession session)
    {
        Number = number;
        Move(process, session);
    }
}

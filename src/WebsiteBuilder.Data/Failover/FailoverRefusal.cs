namespace WebsiteBuilder.Data;

/// <summary>Why a coordinator didn't promote.</summary>
public enum FailoverRefusal
{
    /// <summary>It did, or there was no need to.</summary>
    None = 0,

    /// <summary>A primary answers, so nobody is promoted in its place.</summary>
    PrimaryAnswers = 1,

    /// <summary>A standby still hears the primary, so it is the coordinator that is cut off.</summary>
    PrimaryIsHeard = 2,

    /// <summary>
    /// Fewer counted standbys can be reached, stopped and asked for their position on the newest history than must be: a write may have been acknowledged that
    /// only the others have.
    /// </summary>
    TooFewStandbys = 3,

    /// <summary>Another coordinator holds the votes, or took some of them meanwhile.</summary>
    LeaseNotHeld = 4,

    /// <summary>Nodes are on histories of which none continues the others: an operator must say which one counts.</summary>
    Diverged = 5,

    /// <summary>The primary's <c>synchronous_standby_names</c> isn't what the settings say, so what was acknowledged can't be known.</summary>
    RuleDiffers = 6,

    /// <summary>The settings say that an operator promotes: <see cref="FailoverRecoveryOptions.AutoPromote"/>.</summary>
    NotAutomatic = 7,

    /// <summary>The standby didn't take writes in time. It may still do so.</summary>
    PromotionTimedOut = 8,

    /// <summary>
    /// Standbys were found detached, and with those that can't be reached they are enough for a promotion: another coordinator may have promoted one of these.
    /// </summary>
    PromotionUnclear = 9,
}

package canary

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const (
	often  = 15 * time.Minute
	hourly = time.Hour // what checks a password, which costs a quarter of a second, or makes a token
)

// try is what a control does in the two workspaces.
type try = func(ctx context.Context, one, two *company) promise.Finding

// partial is a control of a part: T7 promises that traffic is encrypted, too.
func partial(c promise.Control) promise.Control {
	c.Partial = true
	return c
}

// Controls are the controls that act in the two workspaces.
func (s *Service) Controls() []promise.Control {
	c := func(id string, kind promise.Kind, every time.Duration, says string, t try,
		promises ...string) promise.Control {
		return promise.Control{ID: id, Kind: kind, Promises: promises, Says: says, Every: every,
			Try: func(ctx context.Context) promise.Finding {
				one, two, f := s.companies(ctx)
				if one == nil {
					return f
				}
				return t(ctx, one, two)
			}}
	}
	return []promise.Control{
		c("neighbours", promise.Live, often, "As a manager of one company, asks for everything of another by "+
			"its ids.", s.neighbours, "G8", "T5"),
		c("withheld-sections", promise.Live, often, "Reads, lists and searches a report as each role, and looks for "+
			"words that are for the management only.", s.withheld, "T5", "T6"),
		c("roles", promise.Live, often, "Tries actions as each role, and compares what happens with the table "+
			"of roles.", s.roles, "G10", "T6"),
		c("trail-entries", promise.Live, often, "Reads a report, is refused something, and looks for both in "+
			"the trail.", s.entries, "T9", "G11"),
		c("fourteen-days", promise.Live, hourly, "Reads a report every few hours, and looks for the entry in the "+
			"trail shortly before and after it is 14 days old.", s.fourteenDays, "T9"),
		c("trail-in-log", promise.Inside, often, "Looks for the latest readings of a member in the operator's log, "+
			"where each must be within three minutes.", s.inLog, "T9"),
		c("no-session", promise.Live, often, "Opens pages of the two workspaces without a session.", s.strangers, "T5",
			"G8"),
		c("forged-sessions", promise.Live, hourly, "Signs in, and shows the session's token unsigned, changed, and "+
			"signed with another key.", s.forgedSessions, "G12", "T5"),
		c("session-end", promise.Live, hourly, "Signs in, signs out, and shows the old session again.", s.sessionEnd,
			"G12"),
		c("second-factor", promise.Live, hourly, "Gives the password of an account with a second factor, then a wrong "+
			"code, and looks whether either opens it.", s.secondFactor, "T5"),
		c("token-end", promise.Live, hourly, "Makes an API token, revokes it, and shows it again.", s.tokenEnd, "G12",
			"T5"),
		c("new-password", promise.Live, hourly, "Signed in, changes the password to ones that are easy to guess.",
			s.newPassword, "T3"),
		c("password-hash", promise.Inside, hourly, "Looks at the form in which passwords are stored.",
			s.passwordHash, "T4", "G9"),
		partial(c("stored-form", promise.Inside, hourly, "Looks at how what the two workspaces hold is stored: no "+
			"word of it can be read, and moved to another place it does not open.", s.storedForm, "T7", "G8")),
	}
}

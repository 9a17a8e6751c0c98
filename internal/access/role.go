package access

// Role is what a caller is in the scope where it acts.
type Role string

// The four roles of a workspace's members (G10), and the roles of callers that are not members.
const (
	Management Role = "management"
	Organizer  Role = "organizer"
	Reporter   Role = "reporter"
	Viewer     Role = "viewer"

	// Self is a signed-in person in the scope of their own account.
	Self Role = "self"
	// System is the product itself: a task, or a step that happens before anybody is signed in, such as checking a
	// password.
	System Role = "system"
)

// MemberRoles are the roles that a member of a workspace can have, the most powerful first.
var MemberRoles = []Role{Management, Organizer, Reporter, Viewer}

// ValidMemberRole reports whether r is a role that a member can have.
func ValidMemberRole(r Role) bool { return r.rank() > 0 }

// Name is the role as people read it.
func (r Role) Name() string {
	switch r {
	case Management:
		return "Management"
	case Organizer:
		return "Organizer"
	case Reporter:
		return "Reporter"
	case Viewer:
		return "Report viewer"
	case Self:
		return "Account owner"
	case System:
		return "Tiny Opera House"
	}
	return "Nobody"
}

// rank orders the member roles; a role that no member can have is 0.
func (r Role) rank() int {
	switch r {
	case Management:
		return 4
	case Organizer:
		return 3
	case Reporter:
		return 2
	case Viewer:
		return 1
	}
	return 0
}

// AtLeast reports whether r may do at least as much as other. Only member roles can be compared.
func (r Role) AtLeast(other Role) bool {
	return r.rank() > 0 && other.rank() > 0 && r.rank() >= other.rank()
}

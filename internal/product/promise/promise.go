package promise

// Promise is one sentence that the operator gave, and how the product keeps it.
type Promise struct {
	ID    string // stable: T1 to T13, G1 to G20, O1 to O14; S1 to S6 for words
	Group Group
	Text  string // as it was given
	How   string // how it holds, in one sentence for whoever asks
	// Missing says what the promise covers and the product does not do yet; "" when nothing is missing. A promise with
	// something missing is never called kept.
	Missing string
	// ShownBy are the tests that show what exists: folder and name.
	ShownBy []string
}

// Built reports whether the product does all of it.
func (p Promise) Built() bool { return p.Missing == "" }

// Page is the public page on which the promise was given.
func (p Promise) Page() string {
	switch p.ID[0] {
	case 'T':
		return "Tiny Opera House"
	case 'G':
		return "OperaGrid"
	case 'S':
		return "all three services"
	}
	return "TinyOps"
}

// Group is the question that a promise answers, as people ask it.
type Group string

// The groups, in the order of the page.
const (
	Access   Group = "access"   // who can see my data
	Locks    Group = "locks"    // how it is protected
	Records  Group = "records"  // what is logged
	Vendors  Group = "vendors"  // money and connected accounts
	Trouble  Group = "trouble"  // what happens when something goes wrong
	Leaving  Group = "leaving"  // how I get my data, and how it is deleted
	Yourself Group = "yourself" // what remains for me to do
)

// Groups are all groups, in the order of the page.
func Groups() []Group { return []Group{Access, Locks, Records, Vendors, Trouble, Leaving, Yourself} }

package cost

// Profile is how a workspace is used in a month. The defaults are those of a medium-sized company with two reports on
// most nights; they are assumptions, not measurements.
type Profile struct {
	Members       float64 `json:"members"`
	Days          float64 `json:"days"`           // on which a member works with it
	SignIns       float64 `json:"sign_ins"`       // of a member in a month
	HomePages     float64 `json:"home_pages"`     // that a member opens on such a day; likewise the next ones
	ListPages     float64 `json:"list_pages"`     //
	ReportPages   float64 `json:"report_pages"`   //
	OtherPages    float64 `json:"other_pages"`    // of each other kind, of a member in a month
	Reports       float64 `json:"reports"`        // filed in a month
	SavesOfADraft float64 `json:"saves_of_draft"` //
	Searches      float64 `json:"searches"`       // in a month
	TokenCalls    float64 `json:"token_calls"`    // reads and lists by programs in a month
	Mails         float64 `json:"mails"`          // in a month
	Windows       float64 `json:"windows"`        // of five minutes, on such a day, in which a member does something
	// instances that a member's requests in one window reach: each opens keys of its own
	Spread float64 `json:"spread"`
	Years  float64 `json:"years"` // of reports that have accumulated
	Bound  float64 `json:"bound"` // entries that a checkpoint binds together
	// the busiest minute, in multiples of the average, because shows everywhere end at night
	Peak          float64 `json:"peak"`
	Copies        float64 `json:"backup_copies"`   // of everything stored, in backups
	Busy          float64 `json:"busy"`            // share of a processor that is used before another instance starts
	Memory        float64 `json:"memory_gib"`      // of an instance
	OperatorReads float64 `json:"operator_reads"`  // of the log, in a busy minute
	SecretRefresh float64 `json:"secret_accesses"` // of one instance in a minute
}

// DefaultProfile is the one that the numbers in the documentation are based on.
func DefaultProfile() Profile {
	return Profile{
		Members: 10, Days: 20, SignIns: 4, HomePages: 1, ListPages: 1, ReportPages: 3, OtherPages: 1, Reports: 25,
		SavesOfADraft: 15,
		Searches:      20, TokenCalls: 200, Mails: 10, Windows: 3, Spread: 2, Years: 2, Bound: 3, Peak: 8, Copies: 14,
		Busy: 0.5, Memory: 0.5,
		OperatorReads: 10, SecretRefresh: 4,
	}
}

// Share is an action and how often it happens in a workspace in a month.
type Share struct {
	Action string
	Times  float64
}

// Month is everything that a workspace does in a month.
func (p Profile) Month() []Share {
	memberDays := p.Members * p.Days
	list := []Share{
		{"sign-in", p.Members * p.SignIns},
		{"page: home", memberDays * p.HomePages}, {"page: reports", memberDays * p.ListPages},
		{"page: a report", memberDays * p.ReportPages},
		{"api: create a draft", p.Reports}, {"api: change a draft", p.Reports * p.SavesOfADraft},
		{"api: file a report", p.Reports},
		{"api: accept a report", p.Reports}, {"api: trash a report", p.Reports / 10},
		{"api: search", p.Searches}, {"api: read a report", p.TokenCalls * 0.8},
		{"api: list 50 reports", p.TokenCalls * 0.2},
		{"mail a link", p.Mails}, {NoteUse, memberDays * p.Windows}, {OpenKeys, memberDays * p.Windows * 2 * p.Spread},
	}
	for _, name := range []string{"productions", "a production", "members", "audit", "trash", "versions", "seen by",
		"account"} {
		list = append(list, Share{"page: " + name, p.Members * p.OtherPages})
	}
	return list
}

// PerWorkspace is what a workspace uses in a month.
func (p Profile) PerWorkspace() Counts {
	var sum Counts
	for _, s := range p.Month() {
		uses, _ := Uses(s.Action)
		sum = sum.Plus(uses.Times(s.Times))
	}
	return sum
}

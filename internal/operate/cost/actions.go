package cost

// Action is something that people, machines or the service itself do, with what it uses when the keys of its scopes are
// in memory.
type Action struct {
	Name string `json:"name"`
	Uses Counts `json:"uses"`
}

// The processor time of a request. Measured on a small machine, including the cloud's own part, so it is rather too
// much than too little.
const (
	apiCPU    = 0.004
	pageCPU   = 0.008
	signInCPU = 0.35 // bcrypt of cost 12
	tickCPU   = 0.004

	controlRequests = 360 // of an hour
)

// ListLength is how many documents the list of the model shows.
const ListLength = 50

// Names of actions that the profile or the background refer to.
const (
	OpenKeys   = "open a scope's keys"
	CountBatch = "count a token's batch"
	Tick       = "tick"
	Round      = "a round of checkpoints"
	Checkpoint = "a checkpoint"
	KeepMark   = "keep a mark"
	NoteUse    = "note a credential's use"
	Controls   = "controls of an hour"
)

// Actions is the model. Its test does each action in the running product, on a workspace like the demonstration's with
// some more reports, and compares: documents, keys, entries and messages exactly, bytes and index entries within a
// fifth.
func Actions() []Action {
	return []Action{
		api("read a report", Counts{Reads: 5, Writes: 1, LogEntries: 1, LogBytes: 507, IndexEntries: 8}),
		api("list 50 reports", Counts{Reads: 5 + ListLength, Writes: 1, LogEntries: 1, LogBytes: 2200,
			IndexEntries: 7}),
		// For a caller without drafts: a search also reads each of the caller's own drafts, whose words are in no
		// index.
		api("search", Counts{Reads: 10, Writes: 1, LogEntries: 1, LogBytes: 647, IndexEntries: 7}),
		api("create a draft", Counts{Reads: 8, Writes: 2, Stored: 1534, LogEntries: 1, LogBytes: 566,
			IndexEntries: 15}),
		api("change a draft", Counts{Reads: 8, Writes: 2, LogEntries: 1, LogBytes: 537, IndexEntries: 8}),
		api("file a report", Counts{Reads: 10, Writes: 4, Stored: 1633, LogEntries: 1, LogBytes: 554,
			IndexEntries: 17}),
		api("accept a report", Counts{Reads: 8, Writes: 2, LogEntries: 1, LogBytes: 511, IndexEntries: 8}),
		api("trash a report", Counts{Reads: 11, Writes: 2, LogEntries: 1, LogBytes: 515, IndexEntries: 8}),
		page("home", Counts{Reads: 50, Writes: 1, LogEntries: 1, LogBytes: 2041, IndexEntries: 6}),
		page("reports", Counts{Reads: 37, Writes: 1, LogEntries: 1, LogBytes: 1575, IndexEntries: 6}),
		page("a report", Counts{Reads: 8, Writes: 1, LogEntries: 1, LogBytes: 507, IndexEntries: 8}),
		page("productions", Counts{Reads: 6, Writes: 1, LogEntries: 1, LogBytes: 471, IndexEntries: 7}),
		page("a production", Counts{Reads: 106, Writes: 1, LogEntries: 1, LogBytes: 4134, IndexEntries: 7}),
		page("members", Counts{Reads: 9, Writes: 1, LogEntries: 1, LogBytes: 571, IndexEntries: 7}),
		page("audit", Counts{Reads: 87, Writes: 1, LogEntries: 1, LogBytes: 386, IndexEntries: 7}),
		page("trash", Counts{Reads: 8, Writes: 1, LogEntries: 1, LogBytes: 410, IndexEntries: 6}),
		page("versions", Counts{Reads: 7, Writes: 1, LogEntries: 1, LogBytes: 630, IndexEntries: 7}),
		page("seen by", Counts{Reads: 16, Writes: 1, LogEntries: 1, LogBytes: 436, IndexEntries: 7}),
		page("account", Counts{Reads: 4, Writes: 1, LogEntries: 1, LogBytes: 442, IndexEntries: 8}),
		{"sign-in", Counts{Reads: 11, Writes: 8, Deletes: 1, LogEntries: 2, LogBytes: 1037, IndexEntries: 17,
			Requests: 1, CPU: signInCPU}},
		// One of the writes is the copy of the mail that a one-machine installation keeps; otherwise the vendor has it.
		{"mail a link", Counts{Reads: 9, Writes: 10, IndexEntries: 8, Messages: 1, Requests: 2, CPU: pageCPU + apiCPU}},
		{NoteUse, Counts{Reads: 1, Writes: 2, LogEntries: 1, LogBytes: 440, IndexEntries: 8}},
		{OpenKeys, Counts{Reads: 1, KMS: 1}},
		{CountBatch, Counts{Reads: 1, Writes: 1}},
		// A query for each shard of jobs, two for the marks, one for the readers and one for each shard of an instance:
		// more with more instances.
		{Tick, Counts{Reads: 16, Writes: 1, Requests: 1, CPU: tickCPU}},
		// Of one workspace, the totals of which it reads and writes.
		{Round, Counts{Reads: 5, Writes: 5, Signs: 1, LogEntries: 1, LogBytes: 783, IndexEntries: 2}},
		{Checkpoint, Counts{Reads: 3, Writes: 1, LogEntries: 1, LogBytes: 644, IndexEntries: 2}},
		{KeepMark, Counts{Writes: 1}},
		// Four runs of those that are due each quarter of an hour, and one of the others, four of which sign in and
		// out. They do so at once with one account, and share the counter of its attempts: one to three deletes.
		{Controls, Counts{Reads: 1430, Writes: 246, Deletes: 10, Stored: 15365, Signs: 5, LogEntries: 182,
			LogBytes: 83140, IndexEntries: 1073, Requests: controlRequests,
			CPU: controlRequests*apiCPU + 4*signInCPU}},
	}
}

func api(name string, c Counts) Action {
	c.Requests, c.CPU = 1, apiCPU
	return Action{"api: " + name, c}
}

func page(name string, c Counts) Action {
	c.Requests, c.CPU = 1, pageCPU
	return Action{"page: " + name, c}
}

// Uses is what one action uses.
func Uses(name string) (Counts, bool) {
	for _, a := range Actions() {
		if a.Name == name {
			return a.Uses, true
		}
	}
	return Counts{}, false
}

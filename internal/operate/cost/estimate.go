package cost

import "math"

const (
	minutesPerMonth = 365.25 * 24 * 60 / 12
	secondsPerMonth = minutesPerMonth * 60
	gib             = 1 << 30

	entryBytes     = 550.0 // of an entry of the trail in its stored form
	indexBytes     = 150.0 // of an index entry: name, values and 32
	trailShare     = 14.0 / 30
	marksPerMinute = 4.0
	ticksPerMinute = 1.0
	shipsPerMinute = 300.0 // the most requests to Cloud Logging that an instance makes while entries come slowly
	entriesPerShip = 500.0
	keyVersions    = 9.0 // of the two keys that wrap, after a year of rotation, and of the one that signs
	secretVersions = 6.0
)

// Line is one line of a month's bill.
type Line struct {
	Price  Price   `json:"price"`
	Units  float64 `json:"units"`
	Amount float64 `json:"usd"`
}

// Use is the share of a quota that the busiest minute takes.
type Use struct {
	Quota Quota   `json:"quota"`
	Rate  float64 `json:"rate"`
	Share float64 `json:"share"`
}

// Estimate is the model's answer for a number of workspaces.
type Estimate struct {
	Workspaces float64 `json:"workspaces"`
	Instances  float64 `json:"instances"` // of both services together, in the busiest minute
	Counts     Counts  `json:"counts"`    // of a month
	StoredGiB  float64 `json:"stored_gib"`
	Bill       []Line  `json:"bill"`
	Total      float64 `json:"usd"`
	Quotas     []Use   `json:"quotas"`
}

// For calculates a month with so many workspaces.
func For(p Profile, workspaces float64) Estimate {
	e := Estimate{Workspaces: workspaces, Counts: p.PerWorkspace().Times(workspaces)}
	peak := e.Counts.CPU / secondsPerMonth * p.Peak
	e.Instances = max(1, math.Ceil(peak/p.Busy)) + 1 // and one for tasks
	e.Counts = e.Counts.Plus(bound(p, e.Counts.LogEntries)).Plus(background(p, e.Instances))
	e.Counts.Deletes += e.Counts.LogEntries // each entry expires
	e.StoredGiB = stored(p, workspaces, e.Counts)
	e.Bill = bill(p, e)
	for _, l := range e.Bill {
		e.Total += l.Amount
	}
	e.Quotas = quotas(p, e)
	return e
}

// The copy of the security page, by package mirror: what a run uses. The documents are those of half
// a page of entries, with their hashes, which it reads on average.
const (
	copiesPerMinute = 1.0 / 5
	copyDocuments   = 100 + 8
	copyJob         = 4
	copyWrites      = 7 // objects written, and lists
	copyLooks       = 7 // objects looked at or read
)

// background is what happens whether or not anybody uses the service.
func background(p Profile, instances float64) Counts {
	tick, _ := Uses(Tick)
	mark, _ := Uses(KeepMark)
	controls, _ := Uses(Controls)
	tick.Reads += (instances - 1) * (2 + auditShards) // marks, and what is new in each
	tick.Messages = 1
	return tick.Times(ticksPerMinute * minutesPerMonth).
		Plus(controls.Times(minutesPerMonth / 60)).
		Plus(Counts{Reads: copyDocuments, Writes: copyJob, Messages: 1}.Times(copiesPerMinute * minutesPerMonth)).
		Plus(mark.Times(marksPerMinute * minutesPerMonth * instances)).
		Plus(Counts{Secrets: p.SecretRefresh * minutesPerMonth * instances})
}

// bound is what checkpoints of so many entries use in a month.
func bound(p Profile, entries float64) Counts {
	if p.Bound <= 0 {
		return Counts{}
	}
	each, _ := Uses(Checkpoint) // of an account; a workspace has totals besides
	each = each.Plus(Counts{Reads: 1, Writes: 1})
	round, _ := Uses(Round)
	checkpoints := entries / p.Bound
	return each.Times(checkpoints).Plus(round.Times(min(checkpoints, minutesPerMonth)))
}

// stored is what is in the databases after some years, including the entries of the last fourteen days.
func stored(p Profile, workspaces float64, month Counts) float64 {
	kept := p.PerWorkspace().Stored * workspaces * 12 * p.Years
	draft, _ := Uses("api: create a draft")
	kept += p.Reports * draft.IndexEntries * indexBytes * workspaces * 12 * p.Years
	trail := month.LogEntries * trailShare * (entryBytes + 7*indexBytes)
	return (kept + trail) / gib
}

func bill(p Profile, e Estimate) []Line {
	c := e.Counts
	// instances are billed while they exist: at least one of web and one of tasks
	cpu := max(c.CPU/p.Busy, secondsPerMonth) + secondsPerMonth
	copies := copiesPerMinute * minutesPerMonth
	units := []struct {
		price Price
		n     float64
	}{
		{priceRead, c.Reads}, {priceWrite, c.Writes}, {priceDelete, c.Deletes}, {priceStorage, e.StoredGiB},
		{priceBackup, e.StoredGiB * p.Copies}, {priceKey, keyVersions}, {priceKMS, c.KMS}, {priceSign, c.Signs},
		{priceSecret, c.Secrets}, {priceHeld, secretVersions},
		{priceObjectWrite, copies * copyWrites}, {priceObjectRead, copies * copyLooks},
		{priceLog, c.LogBytes / gib}, {priceMessage, c.Messages}, {priceCPU, cpu}, {priceMemory, cpu * p.Memory},
	}
	lines := make([]Line, len(units))
	for i, u := range units {
		lines[i] = Line{u.price, u.n, u.n * u.price.USD}
	}
	return lines
}

func quotas(p Profile, e Estimate) []Use {
	perMinute := func(n float64) float64 { return n / minutesPerMonth * p.Peak }
	entries := perMinute(e.Counts.LogEntries)
	ships := min(entries, shipsPerMinute*e.Instances+entries/entriesPerShip)
	uses := []Use{
		{Quota: quotaWrites, Rate: perMinute(e.Counts.Writes) / 60},
		{Quota: quotaKMS, Rate: perMinute(e.Counts.KMS + e.Counts.Signs)},
		{Quota: quotaLogWrite, Rate: ships}, {Quota: quotaLogRead, Rate: p.OperatorReads},
		{Quota: quotaPubSub, Rate: perMinute(e.Counts.Messages)},
		{Quota: quotaSecrets, Rate: p.SecretRefresh * e.Instances},
		{Quota: quotaInstances, Rate: e.Instances - 1},
	}
	for i := range uses {
		uses[i].Share = uses[i].Rate / uses[i].Quota.Most
	}
	return uses
}

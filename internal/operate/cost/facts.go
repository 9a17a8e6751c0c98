package cost

// fact is what is known about the values and the writes of a collection, beyond its declaration.
type fact struct {
	// of a workspace in a month: documents made or changed in a way that moves index entries
	writes   func(p Profile) float64
	platform func(p Profile) float64 // of these, what the platform's own scope holds; nil if there are no others
	spreads  map[string]bool         // fields whose values spread documents of the same moment
	sharding map[string]*sharding    // fields that begin with a shard, or are one
	rare     string                  // why it does not matter that values grow with time over all workspaces
	alone    func(instances float64) float64
}

// sharding says over how many places a field spreads what comes in order.
type sharding struct {
	shards func(instances float64) float64
	says   string
}

const (
	auditShards = 4 // of an instance: see audit.Shards
	jobShards   = 8 // package task's shards
)

func each(n float64) func(Profile) float64 { return func(Profile) float64 { return n } }

func fields(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

func eighths(says string) *sharding {
	return &sharding{func(float64) float64 { return jobShards }, says}
}

// facts are by collection. A collection that is not listed is written as often as reports change, and is not rare.
var facts = map[string]fact{
	"audit": {
		writes: func(p Profile) float64 { return p.PerWorkspace().LogEntries },
		platform: func(p Profile) float64 {
			return p.Members * p.SignIns / 10
		}, // every tenth sign-in has a typing error in its address
		spreads: fields("record"),
		sharding: map[string]*sharding{"by": {
			func(instances float64) float64 { return auditShards * instances },
			"begins with the instance that ships the entry and one of its four shards: more load, more instances, " +
				"more shards",
		}},
		rare: "the platform's own entries: changes by operators, and refused sign-ins for addresses without an " +
			"account, of which one source has a hundred in a quarter of an hour",
	},
	"shippers": {alone: func(instances float64) float64 {
		return instances / 15
	}, rare: "one mark for each instance every 15 seconds: 7,500 instances would be too many"},
	"readers": {writes: each(0), rare: "one for each instance and minute, without a time in its index"},
	"checkpoints": {writes: each(0), rare: "one for each scope and minute in which something happened there; over " +
		"all scopes nothing is in an order of time"},
	"rounds": {writes: each(0), rare: "one a minute"},
	"totals": {writes: each(0), rare: "one for each workspace and minute in which something happened there"},
	"jobs": {
		writes:  func(p Profile) float64 { return 3 * p.Mails }, // added, claimed, ended
		spreads: fields("owner"),
		sharding: map[string]*sharding{
			"due": eighths("begins with one of eight shards"), "deadline": eighths("begins with one of eight shards"),
		},
		rare: "only jobs that failed for good have failed_at",
	},
	"tickets": {writes: func(p Profile) float64 {
		return p.Mails
	}, spreads: fields("address"), rare: "one for each link that is mailed, and mailing is limited by source " +
		"and address"},
	"mails":    {writes: each(0), rare: "caught mail: only on one machine"},
	"erasures": {writes: each(0.01), rare: "one for each scope that was erased"},
	"members":  {writes: each(1)},
	"sessions": {writes: func(p Profile) float64 { return p.Members * p.SignIns }},
	"reports": {writes: func(p Profile) float64 {
		return p.Reports * (p.SavesOfADraft + 3)
	}, spreads: fields("words")},
}

// rate is how many writes a second go to one end of an index in the busiest minute.
func (f fact) rate(p Profile, workspaces float64, over string, group bool, shards float64) float64 {
	if over != "all" {
		workspaces = 1
	}
	writes := f.writes
	switch {
	case writes == nil:
		writes = facts["reports"].writes
	case over == "all" && !group && f.platform != nil:
		writes = f.platform
	}
	if f.alone != nil {
		return f.alone(For(p, workspaces).Instances)
	}
	return writes(p) * workspaces / secondsPerMonth * p.Peak / shards
}

func (f fact) shards(field string, p Profile, workspaces float64) float64 {
	if s := f.sharding[field]; s != nil {
		return s.shards(For(p, workspaces).Instances)
	}
	return 1
}

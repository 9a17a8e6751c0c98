package drill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	admin "cloud.google.com/go/firestore/apiv1/admin"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Options are the input of a drill.
type Options struct {
	Databases *admin.FirestoreAdminClient
	Project   string
	Database  string // id of the content database
	Gate      *records.Gate
	Live      *store.Store
	// Open opens another database of the project, by its full name, as the service would.
	Open        func(database string) (*store.Store, *records.Gate, error)
	Collections []store.Collection
	Kinds       []records.Declared

	Backup  string // full name; "" is the newest that is ready
	Keep    bool   // keep the new database
	Samples int    // documents of each kind to open; zero means 20
	Tell    func(string)
}

const (
	defaultSamples = 20
	// margin is the most by which the clocks of the service and of the database may differ, and how long a commit may
	// be in progress.
	margin = time.Minute
	rounds = 3 // to catch up with what is erased during the drill
	clean  = 5 * time.Minute
)

// drill is one run.
type drill struct {
	Options
	fresh *store.Store
	gate  *records.Gate // on fresh
	kinds map[string]records.Declared
	known map[string]store.Collection
	snap  time.Time
	out   Result
}

// Run holds a drill. The result says what was found; the error is for a drill that could not be completed.
func Run(ctx context.Context, o Options) (Result, error) {
	d := &drill{Options: o, kinds: map[string]records.Declared{}, known: map[string]store.Collection{}}
	if d.Samples == 0 {
		d.Samples = defaultSamples
	}
	if d.Tell == nil {
		d.Tell = func(string) {}
	}
	for _, k := range o.Kinds {
		d.kinds[k.Name()] = k
	}
	for _, c := range o.Collections {
		d.known[c.Name] = c
	}
	d.out.Began, d.out.Problems = d.now(), []string{}
	err := d.run(ctx)
	d.out.Ended = d.now()
	d.out.OK = err == nil && len(d.out.Problems) == 0
	return d.out, err
}

func (d *drill) now() time.Time { return d.Gate.Clock().Now() }

func (d *drill) run(ctx context.Context) error {
	b, err := d.pick(ctx)
	if err != nil {
		return err
	}
	d.snap = b.GetSnapshotTime().AsTime()
	d.out.Backup, d.out.Snapshot, d.out.Database = b.GetName(), d.snap, d.newName()
	if err := d.note(ctx, audit.Begun); err != nil {
		return err
	}
	err = d.try(ctx)
	outcome := audit.Done
	if err != nil || len(d.out.Problems) > 0 {
		outcome = audit.Failed
	}
	return errors.Join(err, d.note(context.WithoutCancel(ctx), outcome))
}

// note records in the platform's trail that everybody's documents were restored and opened.
func (d *drill) note(ctx context.Context, outcome audit.Outcome) error {
	caller := access.SystemCaller(model.Platform(), "restore drill", "")
	notes := []records.Note{{Key: "backup", Value: d.out.Backup}, {Key: "database", Value: d.out.Database}}
	if outcome != audit.Begun {
		notes = append(notes, records.Note{Key: "opened", Value: strconv.Itoa(d.out.opened())},
			records.Note{Key: "problems", Value: strconv.Itoa(len(d.out.Problems))})
	}
	return d.Gate.Note(ctx, d.Gate, records.By(caller, access.DrillRun).With(notes...), "", outcome)
}

// try restores and checks, and removes what it restored.
func (d *drill) try(ctx context.Context) (err error) {
	d.Tell("restoring " + d.out.Backup + " into " + d.out.Database)
	started, err := d.restore(ctx)
	if started && !d.Keep {
		defer func() {
			over, cancel := context.WithTimeout(context.WithoutCancel(ctx), clean)
			defer cancel()
			err = errors.Join(err, d.remove(over))
		}()
	}
	if err != nil {
		return err
	}
	if d.fresh, d.gate, err = d.Open(d.full(d.out.Database)); err != nil {
		return fmt.Errorf("open the restored database: %w", err)
	}
	return d.look(ctx)
}

func (d *drill) look(ctx context.Context) error {
	var samples map[string][]store.Ref
	for round := 1; ; round++ {
		gone, err := d.replay(ctx)
		if err != nil {
			return err
		}
		d.Tell("counting")
		var counts []Count
		if counts, samples, err = d.count(ctx, gone); err != nil {
			return err
		}
		d.out.Counts = counts
		if agree(counts) || round == rounds {
			break
		}
	}
	for _, c := range d.out.Counts {
		if !c.OK {
			d.problem("%s: %s", c.Kind, c.Says)
		}
	}
	if err := d.checkErased(ctx); err != nil {
		return err
	}
	d.Tell("opening samples")
	return d.open(ctx, samples)
}

func (d *drill) problem(format string, args ...any) {
	d.out.Problems = append(d.out.Problems, fmt.Sprintf(format, args...))
}

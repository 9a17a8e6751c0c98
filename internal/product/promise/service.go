package promise

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// boards holds the one board. Looking at it is public and is not an action on anybody's data, so it leaves no entries.
var boards = records.Declare(records.Spec[board]{
	Name: "promises", In: model.PlatformScope, Quiet: true,
	About: model.About{
		Heading: model.OfService, Name: "Results of controls",
		Purpose: "What was found about our promises, for the public page. Nothing of yours.",
		Until:   "For good.",
	},
	Under: records.Under{
		records.Read:   {access.PromiseRead},
		records.Create: {access.PromiseKeep},
		records.Change: {access.PromiseKeep},
	},
})

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{boards} }

const theBoard = "now"

// History keeps every result for good.
type History interface {
	Append(ctx context.Context, kind string, data any) error
}

// Options are what a Service stands on.
type Options struct {
	Gate     *records.Gate
	Controls []Control
	History  History // nil keeps none
	Release  string  // what runs
}

// Service runs controls and says what is known.
type Service struct {
	o        Options
	promises []Promise // and words, after them

	mu   sync.Mutex
	seen *board
	when time.Time
}

// New makes a Service. It refuses a promise that is said to be built and that nothing controls, and a control of
// nothing.
func New(o Options) (*Service, error) {
	s := &Service{o: o, promises: slices.Concat(All(), Words())}
	return s, check(s.promises, o.Controls)
}

// Result is the outcome of one control in a run.
type Result struct {
	Control  string    `json:"control"`
	Kind     Kind      `json:"kind"`
	Outcome  Outcome   `json:"outcome"`
	At       time.Time `json:"at"`
	Evidence string    `json:"evidence,omitempty"`
	Detail   string    `json:"-"` // how it failed: never in the history before it passes again
}

// run is what the history keeps of a run.
type run struct {
	Release string         `json:"release"`
	Results []Result       `json:"results"`
	States  map[string]int `json:"states"` // how many promises were kept, broken and unchecked after it
}

// atOnce is how many controls are tried at the same time.
const atOnce = 4

// Run tries controls: those that are due, or those named. What it found is in the history before it is shown.
func (s *Service) Run(ctx context.Context, ids ...string) error {
	have, err := s.read(ctx)
	if err != nil {
		return err
	}
	chosen := s.due(have)
	if len(ids) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(s.o.Controls), func(c Control) bool {
			return !slices.Contains(ids, c.ID)
		})
	}
	if len(chosen) == 0 {
		return nil
	}
	results := s.try(ctx, chosen)
	if err := ctx.Err(); err != nil { // controls that were cut off have found nothing
		return fmt.Errorf("promise: run controls: %w", err)
	}
	return s.keep(ctx, results)
}

const (
	// early is how much earlier a control is due: runs are begun by a clock that is not exact.
	early = 30 * time.Second
	// retryAfter is when a control is due again that could not be tried.
	retryAfter = 4 * time.Minute
)

// due are the controls that are to be tried now.
func (s *Service) due(b *board) []Control {
	now := s.o.Gate.Clock().Now()
	var list []Control
	for _, c := range s.o.Controls {
		l, tried := b.Controls[c.ID]
		wait := c.Every - early
		if l.Outcome == Unknown {
			wait = min(wait, retryAfter)
		}
		if !tried || now.Sub(l.At) >= wait {
			list = append(list, c)
		}
	}
	return list
}

// Due reports whether there are controls to be tried now.
func (s *Service) Due(ctx context.Context) (bool, error) {
	b, err := s.recent(ctx)
	if err != nil {
		return false, err
	}
	return len(s.due(b)) > 0, nil
}

// try tries controls, some at a time, and logs what failed.
func (s *Service) try(ctx context.Context, chosen []Control) []Result {
	results := make([]Result, len(chosen))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, c := range chosen {
		group.Go(func() error {
			f := c.try(ctx)
			at := f.At
			if at.IsZero() {
				at = s.o.Gate.Clock().Now()
			}
			results[i] = Result{Control: c.ID, Kind: c.Kind, Outcome: f.Outcome, At: at.UTC(), Evidence: f.Evidence,
				Detail: f.Detail}
			if f.Outcome == Failed {
				results[i].Evidence = ""
				logging.From(ctx).ErrorContext(ctx, "a control of a promise failed", "control", c.ID, "kind",
					c.Kind, "promises", c.Promises, "detail", f.Detail)
			}
			if f.Outcome == Unknown && f.Detail != "" {
				logging.From(ctx).WarnContext(ctx, "a control of a promise could not be tried", "control", c.ID,
					"detail", f.Detail)
			}
			return nil
		})
	}
	_ = group.Wait() // no try fails
	return results
}

// keep records the results: first in the history, then on the board. If the history does not take them they are not
// shown, and in time the page says that nothing was checked.
func (s *Service) keep(ctx context.Context, results []Result) error {
	now := s.o.Gate.Clock().Now()
	have, err := s.read(ctx)
	if err != nil {
		return err
	}
	next := have.clone()
	ended := s.apply(&next, results, now)
	if err := s.record(ctx, results, ended, s.tally(&next, now)); err != nil {
		return fmt.Errorf("promise: keep the results of a run: %w", err)
	}
	return s.change(ctx, func(b *board) { s.apply(b, results, now) })
}

// apply puts results on a board, and counts the promises that they are about.
func (s *Service) apply(b *board, results []Result, now time.Time) []Episode {
	ended := b.record(results, now)
	for _, p := range s.promises {
		if slices.ContainsFunc(results, func(r Result) bool { return s.concerns(r.Control, p.ID) }) {
			b.count(p.ID, b.standing(p, s.o.Controls, now).State, now)
		}
	}
	return ended
}

func (s *Service) concerns(control, promise string) bool {
	return slices.ContainsFunc(s.o.Controls, func(c Control) bool {
		return c.ID == control && slices.Contains(c.Promises, promise)
	})
}

func (s *Service) tally(b *board, now time.Time) map[string]int {
	states := map[string]int{string(Kept): 0, string(Broken): 0, string(Unchecked): 0}
	for _, p := range All() {
		states[string(b.standing(p, s.o.Controls, now).State)]++
	}
	return states
}

func (s *Service) record(ctx context.Context, results []Result, ended []Episode, states map[string]int) error {
	if s.o.History == nil {
		return nil
	}
	slices.SortFunc(results, func(a, b Result) int { return cmp.Compare(a.Control, b.Control) })
	err := s.o.History.Append(ctx, "run", run{Release: s.o.Release, Results: results, States: states})
	for _, e := range ended {
		err = errors.Join(err, s.o.History.Append(ctx, "mended", e))
	}
	return err
}

// change changes the board, and makes it if there is none.
func (s *Service) change(ctx context.Context, do func(*board)) error {
	defer s.forget()
	by := records.By(caller(), access.PromiseKeep).On(theBoard)
	_, err := boards.Update(ctx, s.o.Gate, by, func(b *board) error {
		do(b)
		return nil
	})
	if errors.Is(err, model.ErrNotFound) {
		var b board
		do(&b)
		_, err = boards.Create(ctx, s.o.Gate, by, b)
		if errors.Is(err, model.ErrConflict) { // somebody made it in the meantime
			return s.change(ctx, do)
		}
	}
	if err != nil {
		return fmt.Errorf("promise: keep the board: %w", err)
	}
	return nil
}

// read is the board as it is now, empty before the first run.
func (s *Service) read(ctx context.Context) (*board, error) {
	r, err := boards.Get(ctx, s.o.Gate, records.By(caller(), access.PromiseRead).On(theBoard))
	if errors.Is(err, model.ErrNotFound) {
		return &board{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("promise: read the board: %w", err)
	}
	return &r.Body, nil
}

func caller() access.Caller { return access.SystemCaller(model.Platform(), "promises", "") }

// clone is a copy that shares nothing.
func (b *board) clone() board {
	text, err := json.Marshal(b)
	var c board
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		panic(err) // a board is made of texts, numbers and times
	}
	return c
}

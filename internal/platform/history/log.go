package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// What is published is defined in package check.
type (
	// Entry is one thing that was recorded.
	Entry = check.Entry
	// Head is a signed statement of what the entries of a section were at an instant.
	Head = check.Head
	// PublicKey is a key that signs heads.
	PublicKey = check.Key
)

// HeadSigned is the action of a head in the labels of the audit log.
const HeadSigned = "history.head"

// MaxData is how many bytes the data of an entry can have.
const MaxData = 64 << 10

// Options are what a Log needs.
type Options struct {
	Content *store.Store // the content database
	Outside *store.Store // the keys database, which a restore of the content does not reach
	Keys    *signing.Keys
	Origin  string // the first line of each head: the host and a path
	Clock   model.Clock
	// Ship, if not nil, is called with each new head, to copy it to where nobody can change it. If it fails, that is
	// logged; the next head says what this one said.
	Ship func(context.Context, Head) error
}

// Log is a history. Several Logs, in several processes, can append to the same one.
type Log struct {
	o    Options
	turn chan struct{} // so that those of one process wait for each other and do not clash in the database
}

// New makes a Log. It makes no call.
func New(o Options) *Log { return &Log{o: o, turn: make(chan struct{}, 1)} }

// ErrTampered says that what is stored is not what was recorded. Nothing more is signed until an operator has repaired
// it, or calls Continue.
var ErrTampered = errors.New("the history is not what was recorded")

func tampered(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTampered, fmt.Sprintf(format, args...))
}

var (
	errOvertaken = errors.New("the history changed in the meantime")
	errAnew      = errors.New("a new section of the history must begin first")
)

const (
	tries     = 60 // against others who append at the same time
	mostPause = 50 * time.Millisecond
)

var kindForm = regexp.MustCompile(`^[a-z][a-z-]{0,30}$`)

// Append records an entry and then signs a head over it. The data is stored as json.Marshal writes it.
//
// If the error is not nil although the entry has a section, the entry is recorded, and the next Append signs a head
// that covers it.
func (l *Log) Append(ctx context.Context, kind string, data any) (e Entry, h Head, err error) {
	body, err := dataOf(kind, data)
	if err != nil {
		return Entry{}, Head{}, err
	}
	if err := l.wait(ctx); err != nil {
		return Entry{}, Head{}, err
	}
	defer l.next()
	defer func() {
		if errors.Is(err, ErrTampered) {
			logging.From(ctx).ErrorContext(ctx, "nothing more is signed in the history", "error", err)
		}
	}()
	if e, err = l.record(ctx, kind, body); err != nil {
		return Entry{}, Head{}, err
	}
	h, err = l.sign(ctx, e)
	return e, h, err
}

// Continue begins a new section after the stored entries turned out not to be what was recorded. Why is a sentence for
// everybody. Entries and heads stay as they are.
func (l *Log) Continue(ctx context.Context, why string) error {
	if why = strings.TrimSpace(why); why == "" || len(why) > mostWhy || !utf8.ValidString(why) {
		return model.Invalid("Please say why, in 1 to %d bytes.", mostWhy)
	}
	if err := l.wait(ctx); err != nil {
		return err
	}
	defer l.next()
	return l.repeat(ctx, func() error {
		v, err := l.look(ctx)
		if err != nil && !errors.Is(err, ErrTampered) {
			return err
		}
		return l.begin(ctx, v, why)
	})
}

const mostWhy = 1000 // bytes

// dataOf is the data of an entry as it is stored.
func dataOf(kind string, data any) ([]byte, error) {
	if !kindForm.MatchString(kind) || kind == check.KindSection || kind == check.KindKey {
		return nil, model.Invalid("An entry of the history cannot have the kind %q.", kind)
	}
	body, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("history: data of an entry: %w", err)
	}
	if len(body) > MaxData {
		return nil, &model.Error{Kind: model.ErrTooLarge, Public: "An entry of the history has at most 64 KiB.",
			Cause: fmt.Errorf("history: %d bytes of %s", len(body), kind)}
	}
	return body, nil
}

func (l *Log) wait(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return model.Unavailable(ctx.Err())
	}
}

func (l *Log) next() { <-l.turn }

// repeat calls do again while others are faster.
func (l *Log) repeat(ctx context.Context, do func() error) error {
	for range tries {
		err := do()
		if !errors.Is(err, errOvertaken) {
			return err
		}
		select {
		case <-ctx.Done():
			return model.Unavailable(ctx.Err())
		case <-time.After(rand.N(mostPause)): // #nosec G404 -- jitter need not be secret
		}
	}
	return model.Unavailable(errOvertaken)
}

func (l *Log) now() time.Time { return l.o.Clock.Now().UTC().Truncate(time.Microsecond) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// How long these documents are kept: longer than the entries they are about, and rounds longer than their checkpoints.
const (
	keepCheckpoint = audit.Lifetime + 24*time.Hour
	keepRound      = keepCheckpoint + 24*time.Hour
)

const schema = 1

// The names of the collections.
const (
	CheckpointsName = "checkpoints"
	RoundsName      = "rounds"
)

// checkpoints are in the scope that they are about. Nothing in them is sealed: they hold ids, times, hashes and counts.
var checkpoints = store.Collection{
	Name: CheckpointsName,
	TTL:  "expires",
	About: model.About{
		Heading: model.OfCompany, Name: "Checkpoints of the trail",
		Purpose: "Show that no entry of the trail was removed, added or changed. They hold hashes, ids and times.",
		Until:   model.Span(keepCheckpoint) + ".",
	},
	Fields: []store.Field{
		{Name: "round", Type: store.Int},
		{Name: "place", Type: store.Int}, // in the round's tree
		{Name: "expires", Type: store.Time},
	},
	Queries: []store.Query{{Name: "newest", Order: []store.Order{{Field: "round", Desc: true}}}},
}

// rounds are in the platform's scope.
var rounds = store.Collection{
	Name: RoundsName,
	TTL:  "expires",
	About: model.About{
		Heading: model.OfService, Name: "Rounds of checkpoints",
		Purpose: "Bind the checkpoints of all workspaces together, signed. They hold hashes, ids and times.",
		Until:   model.Span(keepRound) + ".",
	},
	Fields: []store.Field{
		{Name: "number", Type: store.Int},
		{Name: "scopes", Type: store.Strings}, // that have a checkpoint in it, in the order of its tree
		{Name: "shipped", Type: store.Bool},
		{Name: "next", Type: store.Int}, // the round that follows
		{Name: "expires", Type: store.Time},
	},
	Queries: []store.Query{
		{Name: "newest", Range: "number", Order: []store.Order{{Field: "number", Desc: true}}},
		{Name: "of", AnyOf: "scopes", Order: []store.Order{{Field: "number", Desc: true}}},
		{Name: "unshipped", Equal: []string{"shipped"}, All: true, Order: []store.Order{{Field: "number", Desc: true}}},
	},
}

// Collections are what this package stores.
func Collections() []store.Collection { return []store.Collection{checkpoints, rounds, totals} }

// Checkpoint binds together the entries that a scope has had since the checkpoint before.
type Checkpoint struct {
	Schema int       `json:"schema"`
	Scope  string    `json:"scope"`
	Number int64     `json:"number"` // within the scope, from 1
	Round  int64     `json:"round"`
	Made   time.Time `json:"made"`

	Count   int64     `json:"count"` // of entries
	Root    tlog.Hash `json:"root"`  // of the tree over them
	From    time.Time `json:"from"`  // the time of the first entry
	Until   time.Time `json:"until"` // the time of the last entry
	Tallies []Tally   `json:"tallies"`

	Before *Link `json:"before,omitempty"` // nil for the first

	Leaves []Leaf `json:"leaves"`
}

// Tally is how many entries of a day (UTC) have the same action and outcome.
type Tally struct {
	Day     string `json:"day"`
	Action  string `json:"action"`
	Outcome string `json:"outcome"`
	Count   int64  `json:"n"`
}

// Link refers to the one before: its number, round, time and hash.
type Link struct {
	Number int64     `json:"number"`
	Round  int64     `json:"round"`
	Made   time.Time `json:"made"`
	Hash   tlog.Hash `json:"hash"`
}

// Round binds together the checkpoints that were made at the same time.
type Round struct {
	Schema int       `json:"schema"`
	Number int64     `json:"number"`
	Made   time.Time `json:"made"`
	Size   int64     `json:"size"` // checkpoints
	Root   tlog.Hash `json:"root"` // of the tree over them
	// Scopes is a hash of the list of scopes in the document's fields.
	Scopes tlog.Hash `json:"scopes"`
	// Since is when the first round was made: what an instance of an earlier release wrote before then is in no
	// checkpoint.
	Since time.Time `json:"since"`
	// Horizon is the instant before which every entry is in a checkpoint.
	Horizon time.Time `json:"horizon"`
	// Totals is the instant from which every entry in a checkpoint is in the totals, too; zero if a release without
	// totals made it.
	Totals time.Time `json:"totals,omitzero"`
	Before *Link     `json:"before,omitempty"`
	Key    string    `json:"key"` // the version of the KMS key that signed it
}

// storedCheckpoint is a checkpoint as it was read. The hash is over its exact bytes.
type storedCheckpoint struct {
	Checkpoint
	doc  *store.Doc
	hash tlog.Hash
}

type storedRound struct {
	Round
	doc    *store.Doc
	hash   tlog.Hash
	scopes []string
}

// numbered is the id of a document that belongs to a round.
func numbered(round int64) string { return fmt.Sprintf("%012d", round) }

// numberOf reads what numbered wrote; for anything that it never writes, it is 0.
func numberOf(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 || n > mostNumber {
		return 0
	}
	return n
}

// mostNumber is more rounds than there can be, so that nobody can make the numbers overflow by writing a large one.
const mostNumber = 1 << 52

func checkpointRef(scope model.Scope, round int64) store.Ref {
	return store.Ref{Scope: scope, Collection: CheckpointsName, ID: numbered(round)}
}

func roundRef(number int64) store.Ref {
	return store.Ref{Scope: model.Platform(), Collection: RoundsName, ID: numbered(number)}
}

func checkpointHash(scope string, body []byte) tlog.Hash {
	return tlog.RecordHash(part(part(part(nil, checkpointDomain), scope), string(body)))
}

func roundHash(body []byte) tlog.Hash {
	return tlog.RecordHash(part(part(nil, roundDomain), string(body)))
}

func scopesHash(list []string) tlog.Hash {
	buf := part(nil, scopesDomain)
	for _, s := range list {
		buf = part(buf, s)
	}
	return tlog.RecordHash(buf)
}

var errMisplaced = errors.New("its fields say something else")

// readCheckpoint reads a stored checkpoint. An error says that it cannot be what was written.
func readCheckpoint(d *store.Doc) (*storedCheckpoint, error) {
	c := &storedCheckpoint{doc: d, hash: checkpointHash(d.Ref.Scope.String(), d.Body)}
	if err := json.Unmarshal(d.Body, &c.Checkpoint); err != nil {
		return c, fmt.Errorf("it cannot be read: %w", err)
	}
	round, _ := d.Fields["round"].(int64)
	if c.Scope != d.Ref.Scope.String() || numbered(c.Round) != d.Ref.ID || round != c.Round {
		return c, errMisplaced
	}
	return c, nil
}

func readRound(d *store.Doc) (*storedRound, error) {
	r := &storedRound{doc: d, hash: roundHash(d.Body)}
	r.scopes, _ = d.Fields["scopes"].([]string)
	if err := json.Unmarshal(d.Body, &r.Round); err != nil {
		return r, fmt.Errorf("it cannot be read: %w", err)
	}
	number, _ := d.Fields["number"].(int64)
	if numbered(r.Number) != d.Ref.ID || number != r.Number || int64(len(r.scopes)) != r.Size ||
		scopesHash(r.scopes) != r.Scopes {
		return r, errMisplaced
	}
	return r, nil
}

// kept reports whether what was made at an instant must still exist.
func kept(made time.Time, life time.Duration, now time.Time) bool { return made.Add(life).After(now) }

// parseScope reads what model.Scope.String wrote.
func parseScope(text string) (model.Scope, bool) {
	kind, id, _ := strings.Cut(text, "/")
	s := model.Scope{Kind: model.ScopeKind(kind), ID: id}
	return s, s.Valid()
}

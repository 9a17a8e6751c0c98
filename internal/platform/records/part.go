package records

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// part is a way through a transaction for writes that another entry of the transaction covers.
type part struct{ *Tx }

// Part is a way for writes that belong to a change and are not recorded separately, such as the version that filing
// keeps, or the invitation that an acceptance uses up. What goes through it leaves no entry of its own; a transaction
// in which nothing else leaves one fails.
func (t *Tx) Part() Via { return part{t} }

func (p part) write(_ context.Context, _ Ask, w store.Write, e *audit.Entry) error {
	p.tx.Write(w)
	if e != nil {
		p.parts = true
	}
	return nil
}

func (p part) erase(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	p.erased = append(p.erased, w.Ref())
	return p.write(ctx, a, w, e)
}

// within is the transaction that v goes through, if any.
func within(v Via) (*Tx, bool) {
	if p, ok := v.(part); ok {
		return p.Tx, true
	}
	tx, ok := v.(*Tx)
	return tx, ok
}

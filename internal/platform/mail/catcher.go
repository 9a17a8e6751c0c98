package mail

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// CatcherKeeps is how many mails a Catcher shows. A few more may be stored for a while.
const CatcherKeeps = 500

// trimEvery is the number of mails after which old ones are dropped.
const trimEvery = 25

// caught is a mail that was kept instead of being sent.
type caught struct {
	Message Message   `json:"message"`
	At      time.Time `json:"at"`
}

// Caught is the kind of document of caught mails.
var Caught = records.Declare(records.Spec[caught]{
	Name: "mails",
	In:   model.PlatformScope,
	About: model.About{
		Heading: model.OfService, Name: "Mails on one machine",
		Purpose: "Where no way to send mails is set up, mails are kept here, for whoever runs the installation.",
		Until:   fmt.Sprintf("Until about %d newer ones have come. Where mails are sent, none is kept.", CatcherKeeps),
	},
	Under: records.Under{
		records.Read:   {access.MailRead},
		records.List:   {access.MailRead},
		records.Create: {access.MailKeep},
		records.Remove: {access.MailKeep},
	},
	Fields:  []records.Field{{Name: "at", Type: records.Time}},
	Queries: []records.Query{{Name: "newest", Order: []records.Order{{Field: "at", Desc: true}}}},
	Index:   func(c *caught) records.Fields { return records.Fields{"at": c.At} },
	Quiet:   true,
})

// Kinds are the kinds of document that this package stores.
func Kinds() []records.Declared { return []records.Declared{Caught} }

// Catcher keeps the mails of a one-machine installation, sealed, and sends none.
type Catcher struct {
	gate  *records.Gate
	keeps int
	sent  atomic.Int64
}

// NewCatcher makes a Catcher.
func NewCatcher(gate *records.Gate) *Catcher { return &Catcher{gate: gate, keeps: CatcherKeeps} }

// Send keeps the mail. A mail with the same key is kept only once.
func (c *Catcher) Send(ctx context.Context, m Message) (string, error) {
	if err := m.Check(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	_, err := Caught.Create(ctx, c.gate, records.By(catching("mail:keep"), access.MailKeep).On(m.Key),
		caught{m, c.gate.Clock().Now()})
	if err != nil && !errors.Is(err, model.ErrConflict) {
		return "", fmt.Errorf("keep mail: %w", err)
	}
	if c.sent.Add(1)%trimEvery == 0 {
		return m.Key, c.trim(ctx)
	}
	return m.Key, nil
}

// trim drops all but the newest mails.
func (c *Catcher) trim(ctx context.Context) error {
	kept, err := c.page(ctx, "")
	if err != nil || kept.Next == "" {
		return err
	}
	old, err := c.page(ctx, kept.Next)
	if err != nil {
		return err
	}
	for _, r := range old.Records {
		err := Caught.Delete(ctx, c.gate, records.By(catching("mail:trim"), access.MailKeep).On(r.ID))
		if err != nil && !errors.Is(err, model.ErrNotFound) {
			return fmt.Errorf("drop old mail: %w", err)
		}
	}
	return nil
}

func (c *Catcher) page(ctx context.Context, cursor string) (records.Page[caught], error) {
	page, err := Caught.Find(ctx, c.gate, records.By(catching("mail:list"), access.MailRead),
		records.Find{Query: "newest",
			Limit: c.keeps, Cursor: cursor})
	if err != nil {
		return page, fmt.Errorf("list mail: %w", err)
	}
	return page, nil
}

// Kept is a caught mail.
type Kept struct {
	ID string
	At time.Time
	Message
}

// List returns the kept mails, newest first.
func (c *Catcher) List(ctx context.Context) ([]Kept, error) {
	page, err := c.page(ctx, "")
	if err != nil {
		return nil, err
	}
	kept := make([]Kept, 0, len(page.Records))
	for _, r := range page.Records {
		kept = append(kept, Kept{r.ID, r.Body.At, r.Body.Message})
	}
	return kept, nil
}

// Get returns one kept mail.
func (c *Catcher) Get(ctx context.Context, id string) (Kept, error) {
	r, err := Caught.Get(ctx, c.gate, records.By(catching("mail:show"), access.MailRead).On(id))
	if err != nil {
		return Kept{}, err
	}
	return Kept{r.ID, r.Body.At, r.Body.Message}, nil
}

func catching(job string) access.Caller { return access.SystemCaller(model.Platform(), job, "") }

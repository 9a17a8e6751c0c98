package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const (
	maxKey     = 255            // characters of an Idempotency-Key
	replayLife = 24 * time.Hour // how long a key is remembered
)

// replay remembers what became of a POST with an Idempotency-Key: not the answer, which may hold what its reader may no
// longer read by the time it is asked for again, but what was made or changed.
type replay struct {
	Body   string    `json:"body"`   // SHA-256 of what was sent
	Record string    `json:"record"` // "reports/<id>"
	Until  time.Time `json:"until"`
}

var replays = records.Declare(records.Spec[replay]{
	Under: records.Under{records.Read: {access.TokenUse}, records.Create: {access.TokenUse},
		records.Remove: {access.TokenUse}},
	Name: "replays", In: model.AccountScope, Quiet: true, TTL: "expires",
	Fields: []records.Field{{Name: "expires", Type: records.Time}},
	Index:  func(r *replay) records.Fields { return records.Fields{"expires": r.Until} },
})

// Kinds are the kinds of documents that the API itself keeps.
func Kinds() []records.Declared { return []records.Declared{replays, allowances} }

// checkKey refuses a key that nobody could send again as it is.
func checkKey(key string) error {
	plain := strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if len(key) > maxKey || !plain {
		return model.InvalidFields(map[string]string{"Idempotency-Key": fmt.Sprintf("A key has at most %d characters "+
			"of plain ASCII.", maxKey)})
	}
	return nil
}

// replayID names what a key stands for: an account's key counts per workspace, operation and record.
func replayID(workspace, operation, record, key string) string {
	sum := sha256.Sum256([]byte(workspace + "\x00" + operation + "\x00" + record + "\x00" + key))
	return hex.EncodeToString(sum[:31]) // 62 characters: an identifier has at most 64
}

func fingerprint(body any) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// once runs an effect at most once per Idempotency-Key. kind is what the effect makes or changes; do makes the effect
// for the caller and gives its result; again reads the result of an earlier request with the same key, if the visitor
// may read. The key is stored in the transaction of the effect itself, so that of two requests at the same time one
// takes place, and the other finds it done.
func once[T any](ctx context.Context, a *API, v *visit, kind *records.Kind[T], body any,
	do func(caller) (records.Record[T], error), again func(id string) (records.Record[T], error)) (
	result records.Record[T], replayed bool, err error) {
	if v.replayID == "" {
		result, err = do(v.caller())
		return result, false, err
	}
	sum, err := fingerprint(body)
	if err != nil {
		return result, false, err
	}
	var refused error
	for range 2 {
		id, err := a.earlier(ctx, v, kind.Name(), sum)
		if err != nil {
			return result, false, err
		}
		if id != "" && v.blind {
			result, err = kind.Stat(ctx, a.o.Gate, records.By(v.caller(), v.action).On(id))
			return result, true, err
		}
		if id != "" {
			result, err = again(id)
			return result, true, err
		}
		if refused != nil {
			break
		}
		c := v.caller()
		c.Beside, err = a.remember(ctx, v, kind.Name(), sum)
		if err != nil {
			return result, false, err
		}
		if result, refused = do(c); !overtaken(refused) {
			return result, false, refused
		}
	}
	return result, false, refused
}

// overtaken reports whether a refusal may come from an earlier request with the same key that was faster.
func overtaken(err error) bool {
	return errors.Is(err, model.ErrConflict) || errors.Is(err, model.ErrStale)
}

// earlier is the id of what an earlier request with the same key made, or "".
func (a *API) earlier(ctx context.Context, v *visit, kind, sum string) (string, error) {
	r, err := replays.Get(ctx, a.o.Gate, records.By(v.keeper(), access.TokenUse).On(v.replayID))
	switch {
	case errors.Is(err, model.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case !a.o.Clock.Now().Before(r.Body.Until):
		err := replays.Delete(ctx, a.o.Gate, records.By(v.keeper(), access.TokenUse).On(v.replayID).At(r.Version))
		if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrStale) || errors.Is(err, model.ErrConflict) {
			return "", nil // somebody else was faster
		}
		return "", err
	case r.Body.Body != sum:
		return "", model.Conflict("This Idempotency-Key was used for a different request. Use a new one.")
	}
	return strings.TrimPrefix(r.Body.Record, kind+"/"), nil
}

func (a *API) remember(ctx context.Context, v *visit, kind, sum string) (*records.Companion, error) {
	return replays.Companion(ctx, a.o.Gate, records.By(v.keeper(), access.TokenUse).On(v.replayID),
		func(changed []string) replay {
			i := slices.IndexFunc(changed, func(name string) bool { return strings.HasPrefix(name, kind+"/") })
			return replay{Body: sum, Record: changed[max(i, 0)], Until: a.o.Clock.Now().Add(replayLife)}
		})
}

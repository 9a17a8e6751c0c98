package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const maxKey = 255 // characters of an Idempotency-Key

// checkKey refuses keys that are too long or could be changed on the way.
func checkKey(key string) error {
	plain := strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	if len(key) > maxKey || !plain {
		return model.InvalidFields(map[string]string{"Idempotency-Key": fmt.Sprintf("A key has at most %d characters "+
			"of plain ASCII.", maxKey)})
	}
	return nil
}

// replayID is the id under which a key is stored. Keys are separate for each workspace, operation and record.
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

// stat returns the version and times of a record that was changed under an action, for a token that may not read
// it.
type stat[T any] func(ctx context.Context, c caller, a access.Action, id string) (records.Record[T], error)

// once runs an effect at most once per Idempotency-Key. kind is the name of the kind that the effect creates or
// changes. do runs the effect for the caller and returns its result. If an earlier request with the same key has run
// it, again reads that result, or stat for a token that may not read. The key is stored in the transaction of the
// effect itself, so of two simultaneous requests one runs the effect, and the other finds it done.
func once[T any](ctx context.Context, a *API, v *visit, kind string, stat stat[T], body any,
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
		id, err := a.o.Programs.Earlier(ctx, v.who, v.replayID, kind, sum)
		if err != nil {
			return result, false, err
		}
		if id != "" && v.blind {
			result, err = stat(ctx, v.caller(), v.action, id)
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
		c.Beside, err = a.o.Programs.Remember(ctx, v.who, v.replayID, kind, sum)
		if err != nil {
			return result, false, err
		}
		if result, refused = do(c); !overtaken(refused) {
			return result, false, refused
		}
	}
	return result, false, refused
}

// overtaken reports whether a refusal may be the effect of a concurrent request with the same key.
func overtaken(err error) bool {
	return errors.Is(err, model.ErrConflict) || errors.Is(err, model.ErrStale)
}

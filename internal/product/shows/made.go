package shows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// fingerprint identifies the content of an input, so that a form that arrives twice can be distinguished from a
// different one with the same id.
func fingerprint(inputs ...any) (string, error) {
	text, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// before finds what was made with an id that the edge chose: if the input is the same it has already been accepted, and
// a different one is refused. found is false if nothing was made with the id.
func before[T any](ctx context.Context, tx *records.Tx, k *records.Kind[T], c access.Caller, a access.Action, id,
	made string, of func(*T) string) (r records.Record[T], found bool, err error) {
	if id == "" {
		return r, false, nil
	}
	r, err = k.Get(ctx, tx, records.By(c, a).On(id))
	switch {
	case isNotFound(err):
		return r, false, nil
	case err != nil:
		return r, false, err
	case of(&r.Body) != made:
		return r, true, model.Reused("This form was sent before with different content, and that was accepted. " +
			"Look at the result. To add what is here as well, send it again.")
	}
	return r, true, nil
}

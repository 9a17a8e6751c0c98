package firestore

import (
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// format is the version of what is stored on disk. A change of the keys or the values requires a new version.
const format = "3"

func formatKey() []byte { return []byte{space, tableFormat} }

// checkFormat marks an empty store with the format, and refuses one that was written in another.
func checkFormat(store *kv.DB, now time.Time) error {
	found, err := store.Get(formatKey())
	if errors.Is(err, kv.ErrNotFound) {
		return markFormat(store)
	}
	if err != nil {
		return err
	}
	if string(found) == withoutHistory {
		return upgrade(store, now)
	}
	if string(found) != format {
		return errFormat(string(found))
	}
	return nil
}

func errFormat(found string) error {
	return fmt.Errorf("the data folder has format %s, and this version reads format %s only: use the version that "+
		"wrote it, or an empty folder", found, format)
}

// withoutHistory is the format before documents had a history; nothing else is different.
const withoutHistory = "2"

// upgrade records that nothing before now is known.
func upgrade(store *kv.DB, now time.Time) error {
	b := store.Batch()
	b.Set(formatKey(), []byte(format))
	setFloor(b, 0, now)
	return b.Commit()
}

func markFormat(store *kv.DB) error {
	err := store.Scan(kv.Prefix([]byte{space}), func(_, _ []byte) error { return errFormat("1") })
	if err != nil {
		return err
	}
	b := store.Batch()
	b.Set(formatKey(), []byte(format))
	return b.Commit()
}

package shows

import (
	"maps"
	"reflect"
)

// Writers says who wrote a report's values as they stand, once it has been amended. Until then all are its author's.
type Writers struct {
	// the revision that it tells about: one that does not know it may have filed another since
	Of int               `json:"of"`
	By map[string]string `json:"by,omitempty"` // account ids by field key
}

// of is what it says of these values.
func (w Writers) of(values map[string]any) Writers {
	by := maps.Clone(w.By)
	maps.DeleteFunc(by, func(key, _ string) bool { _, there := values[key]; return !there })
	return Writers{Of: w.Of, By: by}
}

// valueWriter is who wrote a value as it stands, who may always read it; "" if nobody is known to have. A draft has one
// writer.
func (r *Report) valueWriter(key string) string {
	if r.State == Draft {
		return r.Author.ID
	}
	switch _, there := r.Values[key]; {
	case !there:
		return ""
	case r.Revision <= 1:
		return r.Author.ID
	case r.Writers.Of == r.Revision:
		return r.Writers.By[key]
	}
	return ""
}

// writersAfter are the writers of an amended report's values: whose value was changed is not its writer any more.
func (r *Report) writersAfter(before *Report, account string) Writers {
	w := Writers{Of: before.Revision + 1, By: map[string]string{}}
	for key, value := range r.Values {
		by := account
		if old, there := before.Values[key]; there && reflect.DeepEqual(old, value) {
			by = before.valueWriter(key)
		}
		if by != "" {
			w.By[key] = by
		}
	}
	return w
}

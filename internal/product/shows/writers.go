package shows

import (
	"maps"
	"reflect"
)

// Writers says who wrote the current values of a report, once it has been amended. Until then all are its author's.
type Writers struct {
	// the revision that it is about: a release that does not know of writers may have filed another one since
	Of int               `json:"of"`
	By map[string]string `json:"by,omitempty"` // account ids by field key
}

// of is what it says about these values.
func (w Writers) of(values map[string]any) Writers {
	by := maps.Clone(w.By)
	maps.DeleteFunc(by, func(key, _ string) bool { _, there := values[key]; return !there })
	return Writers{Of: w.Of, By: by}
}

// valueWriter is who wrote the current value, who may always read it; "" if it is not known. A draft has one writer.
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

// writersAfter are the writers of an amended report's values: whoever's value was changed is no longer its writer.
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

package app

import (
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// ContentPlaces says for each collection of the content database which kind of scope holds it; "" is every kind, as
// with the trail.
func ContentPlaces() map[string]model.ScopeKind {
	places := map[string]model.ScopeKind{}
	for _, c := range audit.Collections() {
		places[c.Name] = ""
		if c.Name != audit.EntriesName {
			places[c.Name] = model.PlatformScope
		}
	}
	for _, k := range kinds() {
		places[k.Name()] = k.In()
	}
	return places
}

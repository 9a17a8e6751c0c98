package audit

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// RecordKinds are the kinds of record that entries of a workspace name. A test requires each declared kind.
var RecordKinds = []string{"reports", "productions", "performances", "versions", "members", "invites", "workspace",
	"agreements", "files"}

// CheckRecord refuses, with a sentence, a filter that cannot be a record: neither an id nor a kind and an id.
func CheckRecord(text string) error {
	kind, id, named := strings.Cut(text, "/")
	if !named {
		kind, id = RecordKinds[0], text
	}
	if text == "" || (model.ValidID(id) && slices.Contains(RecordKinds, kind)) {
		return nil
	}
	return model.InvalidFields(map[string]string{"record": "Give the id of a record, or its kind and id as in " +
		"reports/01abc."})
}

// recordNames are the names that entries may use for the record that a filter means: a bare id may be of any kind.
func recordNames(text string) []string {
	switch {
	case text == "":
		return nil
	case strings.Contains(text, "/"):
		return []string{text}
	}
	names := make([]string, len(RecordKinds))
	for i, kind := range RecordKinds {
		names[i] = kind + "/" + text
	}
	return names
}

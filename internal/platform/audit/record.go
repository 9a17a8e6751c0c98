package audit

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// RecordKinds are the kinds of record that entries of a workspace name. A test asks for each kind that is declared.
var RecordKinds = []string{"reports", "productions", "performances", "versions", "members", "invites", "workspace"}

// CheckRecord refuses, in words, a filter that can be no record: neither an id nor a kind and an id.
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

// recordNames are the names under which entries can know what a filter means: a bare id may be of any kind.
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

package guess

import (
	"io/fs"
	"strings"
)

// Languages are those that have a list.
func Languages() []string {
	names, _ := fs.Glob(files, "words/??.txt")
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "words/"), ".txt")
	}
	return names
}

// Words are the list of a language.
func Words(language string) []string { return strings.Fields(content("words/" + language + ".txt")) }

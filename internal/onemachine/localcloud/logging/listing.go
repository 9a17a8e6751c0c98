package logging

import "strings"

// under tells which names belong to a location; the location "-" stands for all of a project.
func under(location string) func(string) bool {
	prefix := location + "/"
	if project, ok := strings.CutSuffix(location, "/locations/-"); ok {
		prefix = project + "/locations/"
	}
	return func(name string) bool { return strings.HasPrefix(name, prefix) }
}

package logging

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/localcloud/table"
)

// under tells which names belong to a location; the location "-" stands for all of a project.
func under(location string) func(string) bool {
	prefix := location + "/"
	if project, ok := strings.CutSuffix(location, "/locations/-"); ok {
		prefix = project + "/locations/"
	}
	return func(name string) bool { return strings.HasPrefix(name, prefix) }
}

// pageOf returns the next names of a map that belong to a list, in order.
func pageOf[V any](all map[string]V, belongs func(string) bool, size int32, token string) (page []string, next string, err error) {
	after, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || size < 0 {
		return nil, "", invalid("page_size or page_token is invalid.")
	}
	limit := int(size)
	if limit == 0 || limit > table.MaxPage {
		limit = table.DefaultPage
	}
	for name := range all {
		if belongs(name) && name > string(after) {
			page = append(page, name)
		}
	}
	slices.Sort(page)
	if len(page) > limit {
		page = page[:limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(page[limit-1]))
	}
	return page, next, nil
}

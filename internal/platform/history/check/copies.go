package check

import (
	"fmt"
	"regexp"
	"strconv"
)

// A copy of a history is a folder of files: the newest head, the keys, and pages of entries. A copy is written in such
// an order that the entries under its head are there.
const (
	CopiedHead  = "security/head"
	CopiedKeys  = "security/keys"
	CopiedPages = "security/history/"
)

// PageSize is how many entries a file of a copy has, if it is not the last of its section.
const PageSize = 100

var copiedForm = regexp.MustCompile(`^` + CopiedPages + `(\d{6})/(\d{12})\.json$`)

// CopiedPage is the name of the file that begins with an entry. The order of the names is that of the entries.
func CopiedPage(section, from int64) string {
	return fmt.Sprintf("%s%06d/%012d.json", CopiedPages, section, from)
}

// CopiedFrom is the entry with which a file begins.
func CopiedFrom(name string) (section, from int64, ok bool) {
	m := copiedForm.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	section, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, 0, false
	}
	from, err = strconv.ParseInt(m[2], 10, 64)
	return section, from, err == nil && section > 0 && from%PageSize == 0
}

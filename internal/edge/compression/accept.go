package compression

import (
	"net/http"
	"strconv"
	"strings"
)

// Accepted reports whether the client accepts gzip, for files that are compressed beforehand: RFC 9110, section 12.5.3.
func Accepted(r *http.Request) bool {
	gzip, any := -1.0, -1.0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(part, ";")
		switch q := weightOf(weight); strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			gzip = max(gzip, q)
		case "*":
			any = q
		}
	}
	if gzip < 0 {
		return any > 0
	}
	return gzip > 0
}

// weightOf parses a weight such as "q=0.5". Without one it is 1; if it cannot be parsed it is 0.
func weightOf(text string) float64 {
	if text = strings.TrimSpace(text); text == "" {
		return 1
	}
	name, value, _ := strings.Cut(text, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

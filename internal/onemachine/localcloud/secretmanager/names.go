package secretmanager

import (
	"fmt"
	"regexp"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	secretID    = `[a-zA-Z0-9_-]{1,255}` // #nosec G101 -- the form of an id
	lastVersion = 999_999_999
)

var (
	secretIDPattern = regexp.MustCompile(`^` + secretID + `$`)
	projectPattern  = regexp.MustCompile(`^projects/[^/]+$`)
	secretPattern   = regexp.MustCompile(`^projects/[^/]+/secrets/` + secretID + `$`)
	versionPattern  = regexp.MustCompile(`^(projects/[^/]+/secrets/` + secretID + `)/versions/([a-zA-Z0-9_-]{1,63})$`)
	aliasPattern    = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]{0,62}$`)
)

func badName(what, name string) error {
	return status.Errorf(codes.InvalidArgument, "%s name %q is invalid.", what, name)
}

// versionRef is a version's secret and number.
type versionRef struct {
	secret string
	number int64
}

func (v versionRef) name() string { return fmt.Sprintf("%s/versions/%d", v.secret, v.number) }

// row is the version's key in its table. Numbers count down, so that the newest version is the first.
func (v versionRef) row() string {
	return fmt.Sprintf("%s%09d", versionRows(v.secret), lastVersion-v.number)
}

func versionRows(secret string) string { return secret + "/versions/" }

func (v versionRef) payloadKey() []byte { return []byte("secret/payload/" + v.row()) }

func parseNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && n <= lastVersion
}

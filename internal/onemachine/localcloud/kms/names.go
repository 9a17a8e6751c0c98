package kms

import (
	"fmt"
	"regexp"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	id       = `[a-zA-Z0-9_-]{1,63}`
	location = `projects/[^/]+/locations/` + id
	keyName  = location + `/keyRings/` + id + `/cryptoKeys/` + id
)

var (
	keyPattern     = regexp.MustCompile(`^` + keyName + `$`)
	versionPattern = regexp.MustCompile(`^(` + keyName + `)/cryptoKeyVersions/([1-9][0-9]{0,8})$`)
)

func badName(what, name string) error {
	return status.Errorf(codes.InvalidArgument, "%s name %q is invalid.", what, name)
}

// versionRef is a version's name taken apart.
type versionRef struct {
	key    string
	number uint32
}

func parseVersion(name string) (versionRef, error) {
	m := versionPattern.FindStringSubmatch(name)
	if m == nil {
		return versionRef{}, badName("CryptoKeyVersion", name)
	}
	n, err := strconv.ParseUint(m[2], 10, 32)
	if err != nil {
		return versionRef{}, badName("CryptoKeyVersion", name)
	}
	return versionRef{key: m[1], number: uint32(n)}, nil
}

func (v versionRef) name() string {
	return fmt.Sprintf("%s/cryptoKeyVersions/%d", v.key, v.number)
}

// row is the version's key in its table: numbers are padded so that they sort.
func (v versionRef) row() string { return fmt.Sprintf("%s%09d", versionRows(v.key), v.number) }

func versionRows(key string) string { return key + "/cryptoKeyVersions/" }

func (v versionRef) materialKey() []byte { return []byte("kms/material/" + v.row()) }

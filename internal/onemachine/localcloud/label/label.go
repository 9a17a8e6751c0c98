// Package label checks the labels of the local cloud's resources as Google does. It must never change them.
package label

import (
	"regexp"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const most = 64 // labels of a resource

var (
	keys   = regexp.MustCompile(`^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$`)
	values = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$`)
)

// Check returns INVALID_ARGUMENT for labels that Google does not accept.
func Check(labels map[string]string) error {
	if len(labels) > most {
		return status.Errorf(codes.InvalidArgument, "There are %d labels; the most is %d.", len(labels), most)
	}
	for k, v := range labels {
		if !keys.MatchString(k) {
			return status.Errorf(codes.InvalidArgument, "Label key %q is invalid: it has lower-case letters, digits, "+
				"_ and -, and begins with a letter.", k)
		}
		if !values.MatchString(v) {
			return status.Errorf(codes.InvalidArgument, "The value of label %q is invalid: it has lower-case "+
				"letters, digits, _ and -.", k)
		}
	}
	return nil
}

package label_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 64 {
		many[fmt.Sprint("k", i)] = ""
	}
	if err := label.Check(many); err != nil {
		t.Errorf("64 labels: %v", err)
	}
	many["one-more"] = ""
	long := strings.Repeat("a", 63)
	for what, c := range map[string]struct {
		labels map[string]string
		want   codes.Code
	}{
		"none":           {nil, codes.OK},
		"plain":          {map[string]string{"app": "toh", "a_b-1": ""}, codes.OK},
		"longest":        {map[string]string{long: long}, codes.OK},
		"long key":       {map[string]string{long + "a": ""}, codes.InvalidArgument},
		"long value":     {map[string]string{"a": long + "a"}, codes.InvalidArgument},
		"empty key":      {map[string]string{"": "a"}, codes.InvalidArgument},
		"digit first":    {map[string]string{"1a": ""}, codes.InvalidArgument},
		"upper-case key": {map[string]string{"App": ""}, codes.InvalidArgument},
		"upper case":     {map[string]string{"app": "TOH"}, codes.InvalidArgument},
		"dot":            {map[string]string{"app": "a.b"}, codes.InvalidArgument},
		"65":             {many, codes.InvalidArgument},
	} {
		if err := label.Check(c.labels); status.Code(err) != c.want {
			t.Errorf("%s: %v, want %s", what, err, c.want)
		}
	}
}

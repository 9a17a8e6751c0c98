package trail

import (
	"fmt"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

func TestALowerBoundSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	for n, want := range map[audit.Number]string{{N: 0}: "0", {N: 1000}: "1000", {N: 1000, More: true}: "1000+"} {
		if got := fmt.Sprint(Amount(n)); got != want {
			t.Errorf("%+v is shown as %q", n, got)
		}
	}
}

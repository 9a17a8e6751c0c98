package attest_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/attest"
)

func TestAppliedIsGreen(t *testing.T) {
	w := installed(t, spec())
	w.calls, w.writes = 0, nil
	r := w.attest()
	for _, p := range r.Promises {
		if p.State != attest.Kept {
			t.Errorf("%s is %s:\n%s", p.ID, p.State, p.Evidence)
		}
	}
	if r.State != attest.Kept || len(w.writes) > 0 || w.calls > 120 {
		t.Errorf("%s; %d calls, writes %v", r.State, w.calls, w.writes)
	}
	t.Log(w.calls, r.Summary())
}

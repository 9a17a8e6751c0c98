package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
)

// attested runs the command on the cloud in dir, and reads what it printed.
func attested(t *testing.T, dir string) (posture.Report, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), []string{"attest", "--json", "--localcloud", dir, "--project", "opera-house-1", "--region",
		"europe-west1"}, &out, io.Discard)
	var r posture.Report
	if problem := json.Unmarshal(out.Bytes(), &r); problem != nil {
		t.Fatalf("%v, %v: %s", err, problem, out.String())
	}
	return r, err
}

func codeOf(err error) int {
	var e exit
	if errors.As(err, &e) {
		return e.code
	}
	return 0
}

// TestAttestFromNothingToGreen goes from an empty project to one in which nothing is broken, and to a broken promise
// and back. What the product itself does not do yet does not change the exit code, and is not called kept.
func TestAttestFromNothingToGreen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	if err := run(t.Context(), []string{"attest", "--localcloud", dir}, io.Discard,
		io.Discard); codeOf(err) != codeUndecided {
		t.Errorf("a folder without a cloud: %v", err)
	}
	if _, err := here(t, dir, "provision", "plan"); err != nil { // makes the folder
		t.Fatal(err)
	}
	if r, err := attested(t, dir); codeOf(err) != codeBroken || r.Count(posture.Kept) > 0 {
		t.Errorf("an empty project: %v", err)
	}
	if _, err := here(t, dir, "provision", "apply"); err != nil {
		t.Fatal(err)
	}
	r, err := attested(t, dir)
	if err != nil || !r.Sound() || r.Count(posture.Kept)+r.Count(posture.CloudOnly) != len(r.Promises) ||
		len(r.Promises) < 20 {
		for _, p := range r.Promises {
			if p.State != posture.Kept && p.Product.Built {
				t.Errorf("%s: %s", p.ID, p.Evidence)
			}
		}
		t.Fatalf("applied: %v", err)
	}
	if p := r.Of("T13"); p.State != posture.CloudOnly || p.Kept == nil || *p.Kept {
		t.Errorf("no workspace can be erased, and yet T13 is %s", p.State)
	}
	keepDays(t, dir, 30)
	r, err = attested(t, dir)
	if codeOf(err) != codeBroken || !strings.Contains(r.Of("T9").Evidence,
		"buckets/toh-audit keeps entries 30 days; locked: no; expected: exactly 14 days") {
		t.Errorf("kept 30 days: %v, %s", err, r.Of("T9").Evidence)
	}
	if _, err := here(t, dir, "provision", "apply"); err != nil {
		t.Fatal(err)
	}
	if last, err := here(t, dir, "attest"); err != nil || !strings.Contains(last, "0 broken, 0 undecided") {
		t.Errorf("restored: %q, %v", last, err)
	}
}

// keepDays changes the retention of the trail by hand.
func keepDays(t *testing.T, dir string, days int32) {
	t.Helper()
	in, err := target{project: "opera-house-1", region: "europe-west1", folder: dir}.open(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	_, err = in.Admin.LogConfig.UpdateBucket(t.Context(), &loggingpb.UpdateBucketRequest{
		Name:       "projects/opera-house-1/locations/europe-west1/buckets/toh-audit",
		Bucket:     &loggingpb.LogBucket{RetentionDays: days},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retention_days"}},
	})
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAttestRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"no project": {"--region", "europe-west1"},
		"stray":      {"now", "--project", "opera-house-1", "--region", "europe-west1"},
		"too often":  {"--watch", "--every", "29s", "--project", "opera-house-1", "--region", "europe-west1"},
		"no cloud":   {"--localcloud", t.TempDir()},
	} {
		if err := run(t.Context(), append([]string{"attest"}, args...), io.Discard,
			io.Discard); codeOf(err) != codeUndecided {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAttestWatches: only what changes is printed, an attestation that fails is reported, and the exit code is that of
// the last attestation.
func TestAttestWatches(t *testing.T) {
	kept := reported(posture.Finding{State: posture.Kept, Read: "keeps entries 14 days"})
	other := reported(posture.Finding{State: posture.Kept, Read: "keeps entries 14 days, since today"})
	broken := reported(posture.Finding{State: posture.Broken, Read: "keeps entries 30 days", Expected: "14"})
	looks := []posture.Report{other, broken, {}, broken, kept}
	var out, logs bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	w := watch{
		flags: attestFlags{every: time.Minute}, out: &out, logs: &logs,
		wait: func(ctx context.Context, d time.Duration) error {
			if d != time.Minute {
				t.Errorf("waits %s", d)
			}
			if n == len(looks) {
				cancel()
			}
			return ctx.Err()
		},
		look: func(context.Context) (posture.Report, error) {
			n++
			if len(looks[n-1].Promises) == 0 {
				return posture.Report{}, errors.New("away")
			}
			return looks[n-1], nil
		},
	}
	last := w.run(ctx, kept)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "T9 was kept and is broken") ||
		!strings.Contains(lines[1], "now broken:") ||
		!strings.Contains(lines[2], "T9 was broken and is kept") || !strings.Contains(lines[3], "no longer broken:") {
		t.Errorf("%q", lines)
	}
	if strings.Count(logs.String(), "away") != 1 || verdict(last) != nil ||
		verdict(posture.Report{State: posture.CloudOnly}) != nil || codeOf(verdict(broken)) != codeBroken ||
		codeOf(verdict(posture.Report{State: posture.Undecided})) != codeUndecided {
		t.Errorf("%q, %v", logs.String(), last.State)
	}
}

func reported(f posture.Finding) posture.Report {
	return posture.Report{State: f.State, Promises: []posture.Result{{ID: "T9", State: f.State,
		Checks: []posture.Finding{f}}}}
}

package deploytest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bench is a folder in which steps really run, with programs of our own in place of gcloud, curl, docker and sleep.
type bench struct {
	dir   string // the steps' /workspace
	tools string
}

// tool records how it was called, and answers from files in the same folder.
const tool = `#!/bin/bash
name="$(basename "$0")"; here="$(dirname "$0")"
[ "$name" = sleep ] || echo "$name $*" >> "$here/calls"
case "$name $*" in
  "gcloud auth print-access-token"*) echo token ;;
  *"value(status.latestReadyRevisionName)"*) echo new-revision ;;
  "gcloud run services describe"*) cat "$here/service.json" ;;
  "gcloud artifacts docker images describe"*) cat "$here/scan.json" ;;
  "docker inspect"*golang*) echo "golang@sha256:aaa" ;;
  "docker inspect"*static*) echo "gcr.io/distroless/static-debian12@sha256:bbb" ;;
  "docker inspect"*) echo "europe-west1-docker.pkg.dev/house-1/toh/toh@sha256:ccc" ;;
  "curl"*timeSeries*) cat "$here/requests.json" ;;
  "curl"*http_code*) printf '%s' "$(cat "$here/page")" ;;
  "curl"*) exit "$(cat "$here/readyz")" ;;
esac
`

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), tools: t.TempDir()}
	for _, name := range []string{"gcloud", "curl", "docker", "sleep"} {
		if err := os.WriteFile(filepath.Join(b.tools, name), []byte(tool), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b.answer(t, "readyz", "0")
	b.answer(t, "page", "421")
	b.answer(t, "requests.json", requests(1000, 3))
	b.answer(t, "scan.json", scanned("FINISHED_SUCCESS", "LOW"))
	b.answer(t, "service.json",
		`{"metadata":{"annotations":{}},"status":{"traffic":[{"revisionName":"old-revision","percent":100},{"revisionName":"new-revision","tag":"c-abc12340","url":"https://c-abc12340---toh-web.run.app"}]}}`)
	for name, text := range map[string]string{"tag": "c-abc12340", "revision": "r-1",
		"image": "europe-west1-docker.pkg.dev/house-1/toh/toh@sha256:ccc", "before-toh-web": "old-web",
		"before-toh-tasks": "old-tasks", "url": "https://c-abc12340---toh-web.run.app"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) answer(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.tools, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func requests(total, failed int) string {
	series := func(class string, n int) map[string]any {
		return map[string]any{"metric": map[string]any{"labels": map[string]string{"response_code_class": class}},
			"points": []any{map[string]any{"value": map[string]string{"int64Value": fmt.Sprint(n)}}}}
	}
	text, _ := json.Marshal(map[string]any{"timeSeries": []any{series("2xx", total-failed), series("5xx", failed)}})
	return string(text)
}

func scanned(status, level string) string {
	text, _ := json.Marshal(map[string]any{
		"discovery_summary": map[string]any{
			"discovery": []any{map[string]any{"discovery": map[string]string{"analysisStatus": status}}}},
		"package_vulnerability_summary": map[string]any{"vulnerabilities": map[string]any{
			level: []any{map[string]string{"noteName": "projects/x/notes/CVE-2026-1"}}}},
	})
	return string(text)
}

// run runs a step as Cloud Build does: substitutions first, then bash.
func (b *bench) run(t *testing.T, id string) (calls []string, err error) {
	t.Helper()
	build := load(t)
	i := slices.IndexFunc(build.GetSteps(), func(s step) bool { return s.GetId() == id })
	if i < 0 {
		t.Fatalf("there is no step %s", id)
	}
	args := slices.Clone(build.GetSteps()[i].GetArgs())
	values := map[string]string{"SHORT_SHA": "", "BUILD_ID": "abc12340-11aa-4bcd-8eef-0123456789ab",
		"PROJECT_ID": "house-1"}
	for name, value := range build.GetSubstitutions() {
		values[name] = value
	}
	for range 2 { // _IMAGE names others
		for name, value := range values {
			for j := range args {
				args[j] = strings.ReplaceAll(args[j], "${"+name+"}", value)
			}
		}
	}
	for j := range args {
		args[j] = strings.ReplaceAll(strings.ReplaceAll(args[j], "$$", "$"), "/workspace", b.dir)
	}
	_ = os.Remove(filepath.Join(b.tools, "calls"))
	cmd := exec.CommandContext(t.Context(), "bash", args...)
	cmd.Env = append(os.Environ(), "PATH="+b.tools+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %v\n%s", id, err, out)
	text, _ := os.ReadFile(filepath.Join(b.tools, "calls"))
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err
}

// moves are the changes of traffic, as in "toh-web c-abc12340=10".
func moves(calls []string) []string {
	var list []string
	for _, c := range calls {
		words := strings.Fields(c)
		if len(words) < 5 || words[3] != "update-traffic" {
			continue
		}
		for _, w := range words {
			if _, to, ok := strings.Cut(w, "--to-"); ok {
				_, to, _ = strings.Cut(to, "=")
				list = append(list, words[4]+" "+to)
			}
		}
	}
	return list
}

func TestTrafficMovesBitByBit(t *testing.T) {
	t.Parallel()
	calls, err := newBench(t).run(t, "traffic")
	want := []string{
		"toh-tasks c-abc12340=10", "toh-tasks c-abc12340=50", "toh-tasks c-abc12340=100", "toh-web c-abc12340=10",
		"toh-web c-abc12340=50", "toh-web c-abc12340=100",
	}
	if got := moves(calls); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: %q", err, got)
	}
}

func TestTrafficMovesBack(t *testing.T) {
	t.Parallel()
	back := []string{"toh-web old-web=100", "toh-tasks old-tasks=100"}
	for name, spoil := range map[string]func(*bench){
		"requests fail": func(b *bench) { b.answer(t, "requests.json", requests(1000, 11)) },
		"not ready":     func(b *bench) { b.answer(t, "readyz", "22") },
		"no counts":     func(b *bench) { b.answer(t, "requests.json", "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			spoil(b)
			calls, err := b.run(t, "traffic")
			got := moves(calls)
			if err == nil || len(got) != 3 || got[0] != "toh-tasks c-abc12340=10" || !slices.Equal(got[1:], back) {
				t.Errorf("%v: %q", err, got)
			}
		})
	}
}

func TestSmokeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		readyz, page string
		fine         bool
	}{
		"all well": {"0", "421", true}, "not ready": {"22", "421", false}, "any name is served": {"0", "200", false},
		"pages fail": {"0", "500", false},
	} {
		b := newBench(t)
		b.answer(t, "readyz", c.readyz)
		b.answer(t, "page", c.page)
		if _, err := b.run(t, "smoke"); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		fine bool
	}{
		"nothing bad": {scanned("FINISHED_SUCCESS", "MEDIUM"), true},
		"critical":    {scanned("FINISHED_SUCCESS", "CRITICAL"), false},
		"high":        {scanned("FINISHED_SUCCESS", "HIGH"), false}, "failed": {"{", false},
	} {
		b := newBench(t)
		b.answer(t, "scan.json", c.text)
		if _, err := b.run(t, "scan"); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := newBench(t)
	b.answer(t, "scan.json", scanned("SCANNING", "LOW"))
	if calls, err := b.run(t, "scan"); err == nil || len(calls) < 30 {
		t.Errorf("a scan that never ends: %v after %d looks", err, len(calls))
	}
}

func TestStepsBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"bases", "names", "build", "digest", "sbom", "before"} {
		if id == "sbom" {
			if _, err := b.run(t, id); err == nil {
				t.Error("an empty list of contents is loaded")
			}
			if err := os.MkdirAll(filepath.Join(b.dir, "sbom"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(b.dir, "sbom", "sbom.spdx.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		calls, err := b.run(t, id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if all := strings.Join(calls, "\n"); id == "build" && (!strings.Contains(all, "GO_IMAGE=golang@sha256:aaa") ||
			!strings.Contains(all, "static-debian12@sha256:bbb")) {
			t.Errorf("not built on digests: %s", all)
		}
		if all := strings.Join(calls, "\n"); id == "sbom" && all != "gcloud artifacts sbom load --source="+b.dir+
			"/sbom/sbom.spdx.json "+
			"--uri=europe-west1-docker.pkg.dev/house-1/toh/toh@sha256:ccc "+
			"--destination=gs://house-1_cloudbuild/sbom/abc12340-11aa-4bcd-8eef-0123456789ab" {
			t.Errorf("the list of contents is not shown with the image: %s", all)
		}
	}
	for name, want := range map[string]string{"tag": "c-abc12340", "revision": "build-abc12340"} {
		if got, err := os.ReadFile(filepath.Join(b.dir, name)); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	before, err := os.ReadFile(filepath.Join(b.dir, "before-toh-web"))
	if err != nil || strings.TrimSpace(string(before)) != "old-revision" {
		t.Errorf("what served before: %q %v", before, err)
	}
}

// TestSmokeBehindABalancer: the address of the revision is closed to everybody, so the public one is requested.
func TestSmokeBehindABalancer(t *testing.T) {
	t.Parallel()
	for ready, fine := range map[string]bool{"new-revision": true, "old-revision": false} {
		b := newBench(t)
		b.answer(t, "service.json", `{"metadata":{"annotations":{"run.googleapis.com/ingress":"internal-and-cloud-load-balancing"}},
			"spec":{"template":{"spec":{"containers":[{"env":[{"name":"TOH_BASE_URL","value":"https://house.opera.dev"}]}]}}},
			"status":{"latestReadyRevisionName":"`+ready+`","traffic":[{"revisionName":"new-revision","tag":"c-abc12340","url":"https://c-abc12340---toh-web.run.app"}]}}`)
		calls, err := b.run(t, "smoke")
		all := strings.Join(calls, "\n")
		if (err == nil) != fine || strings.Contains(all, "c-abc12340---") || fine &&
			!strings.Contains(all, "https://house.opera.dev/ready") {
			t.Errorf("%s: %v: %s", ready, err, all)
		}
	}
}

package deploytest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/cloudbuild/apiv1/v2/cloudbuildpb"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
)

type step = *cloudbuildpb.BuildStep

// load reads cloudbuild.yaml as Cloud Build does: an unknown field or value fails.
func load(t *testing.T) *cloudbuildpb.Build {
	t.Helper()
	build, err := parse(read(t, "cloudbuild.yaml"))
	if err != nil {
		t.Fatalf("cloudbuild.yaml: %v", err)
	}
	return build
}

func parse(text string) (*cloudbuildpb.Build, error) {
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, err
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	build := new(cloudbuildpb.Build)
	return build, protojson.Unmarshal(asJSON, build)
}

func TestTyposAreFound(t *testing.T) {
	t.Parallel()
	good := read(t, "cloudbuild.yaml")
	for from, to := range map[string]string{
		"waitFor: [test]":   "waitfor: [test]",
		"VERIFIED":          "VERYFIED",
		"timeout: 7200s":    "timeout: 2h",
		"entrypoint: bash":  "entry: bash",
		"CLOUD_LOGGING_ONL": "LOGGING_ONL",
	} {
		bad := strings.Replace(good, from, to, 1)
		if _, err := parse(bad); bad == good || err == nil {
			t.Errorf("%q in place of %q was accepted", to, from)
		}
	}
}

func TestEachStepWaitsForEarlierOnes(t *testing.T) {
	t.Parallel()
	var before []string
	for _, step := range load(t).GetSteps() {
		if step.GetId() == "" || slices.Contains(before, step.GetId()) {
			t.Errorf("step %q needs a name of its own", step.GetId())
		}
		if len(step.GetWaitFor()) == 0 && len(before) > 0 {
			t.Errorf("step %s does not say what it waits for", step.GetId())
		}
		for _, id := range step.GetWaitFor() {
			if !slices.Contains(before, id) {
				t.Errorf("step %s waits for %q, which no earlier step is", step.GetId(), id)
			}
		}
		before = append(before, step.GetId())
	}
}

// TestReferencesExist: a file that a step reads in the workspace was written by an earlier step that it waits for.
func TestReferencesExist(t *testing.T) {
	t.Parallel()
	written := map[string]string{} // file → step
	waits := map[string][]string{}
	for _, step := range load(t).GetSteps() {
		id, text := step.GetId(), strings.Join(step.GetArgs(), "\n")
		for _, w := range step.GetWaitFor() {
			waits[id] = append(append(waits[id], w), waits[w]...)
		}
		for _, file := range regexp.MustCompile(`(?:> "?|spdx-json=)/workspace/([a-z./-]+)`).FindAllStringSubmatch(text,
			-1) {
			written[file[1]] = id
		}
		for _, file := range regexp.MustCompile(`/workspace/([a-z][a-z./-]*[a-z])`).FindAllStringSubmatch(text, -1) {
			by, known := written[file[1]]
			if !known && written[file[1]+"-"] == "" && written[file[1]+"/sbom.spdx.json"] == "" {
				t.Errorf("step %s names /workspace/%s, which nothing has written", id, file[1])
			}
			if known && by != id && !slices.Contains(waits[id], by) {
				t.Errorf("step %s reads /workspace/%s and does not wait for %s", id, file[1], by)
			}
		}
	}
}

// TestContentsAreTheImages: the listed image is the one that is pushed, after it has its digest.
func TestContentsAreTheImages(t *testing.T) {
	t.Parallel()
	for _, step := range load(t).GetSteps() {
		if step.GetId() == "list-contents" {
			if step.GetArgs()[0] != "docker:${_IMAGE}:${BUILD_ID}" || !slices.Equal(step.GetWaitFor(),
				[]string{"digest"}) {
				t.Errorf("%v, after %v", step.GetArgs(), step.GetWaitFor())
			}
			return
		}
	}
	t.Error("nothing lists what is in the image")
}

// TestGatesComeBeforeDeployment: nothing is deployed that was not listed and scanned, and a rollback goes only to
// revisions that were recorded before.
func TestGatesComeBeforeDeployment(t *testing.T) {
	t.Parallel()
	waits := map[string][]string{}
	for _, step := range load(t).GetSteps() {
		for _, w := range step.GetWaitFor() {
			waits[step.GetId()] = append(append(waits[step.GetId()], w), waits[w]...)
		}
		if !strings.HasPrefix(step.GetId(), "deploy-") {
			continue
		}
		for _, gate := range []string{"test", "bases", "digest", "sbom", "scan", "before"} {
			if !slices.Contains(waits[step.GetId()], gate) {
				t.Errorf("%s does not wait for %s", step.GetId(), gate)
			}
		}
	}
}

// TestFlagsExist asks gcloud about each command that a step runs.
func TestFlagsExist(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, step := range load(t).GetSteps() {
		text.WriteString(strings.Join(step.GetArgs(), "\n") + "\n")
	}
	ask(t, commandsIn(text.String()), 5)
}

// TestOnlyTestedImagesGetTraffic follows each step back to the tests, and traffic back to the check of the new
// revision.
func TestOnlyTestedImagesGetTraffic(t *testing.T) {
	t.Parallel()
	after := map[string][]string{}
	commands := map[string]string{}
	for _, step := range load(t).GetSteps() {
		for _, id := range step.GetWaitFor() {
			after[step.GetId()] = append(append(after[step.GetId()], id), after[id]...)
		}
		commands[step.GetId()] = strings.Join(step.GetArgs(), " ")
	}
	for id, command := range commands {
		if id != "test" && !slices.Contains(after[id], "test") {
			t.Errorf("step %s does not wait for the tests", id)
		}
		if strings.Contains(command, "run deploy") {
			for _, want := range []string{`--image="$$(cat /workspace/image)"`, "--no-traffic",
				`--tag="$$(cat /workspace/tag)"`} {
				if !strings.Contains(command, want) {
					t.Errorf("step %s does not say %s", id, want)
				}
			}
		}
		if strings.Contains(command, "update-traffic") && (!slices.Contains(after[id], "smoke") ||
			!slices.Contains(after[id], "deploy-tasks")) {
			t.Errorf("step %s does not wait for the look at the new revision", id)
		}
	}
	if !strings.Contains(commands["digest"], ".RepoDigests") || !strings.Contains(commands["smoke"], "/ready") {
		t.Error("deployment is not by digest, or is not looked at")
	}
}

func TestSubstitutionsAreKnownAndUsed(t *testing.T) {
	t.Parallel()
	build := load(t)
	builtIn := []string{"PROJECT_ID", "SHORT_SHA", "BUILD_ID"}
	text := read(t, "cloudbuild.yaml")
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
		if _, ok := build.GetSubstitutions()[m[1]]; !ok && !slices.Contains(builtIn, m[1]) {
			t.Errorf("%s is not a substitution", m[1])
		}
	}
	for name, value := range build.GetSubstitutions() {
		if !used[name] {
			t.Errorf("nothing uses %s", name)
		}
		if strings.Contains(value, "${") && !build.GetOptions().GetDynamicSubstitutions() {
			t.Errorf("%s names others, which needs dynamicSubstitutions", name)
		}
	}
}

func TestProvenanceIsMade(t *testing.T) {
	t.Parallel()
	build := load(t)
	if got := build.GetOptions().GetRequestedVerifyOption(); got != cloudbuildpb.BuildOptions_VERIFIED {
		t.Errorf("requestedVerifyOption is %v", got)
	}
	if got := build.GetOptions().GetLogging(); got != cloudbuildpb.BuildOptions_CLOUD_LOGGING_ONLY {
		t.Errorf("logging is %v", got) // a custom service account may not use the default bucket
	}
	if !slices.Equal(build.GetImages(), []string{"${_IMAGE}:${BUILD_ID}"}) {
		t.Errorf("images is %q: provenance is made for listed images only", build.GetImages())
	}
}

// TestNamesAreTheBuilds: a build by hand has no commit, and a second build of a commit must not use a tag that already
// exists.
func TestNamesAreTheBuilds(t *testing.T) {
	t.Parallel()
	for _, step := range load(t).GetSteps() {
		if step.GetId() != "names" && strings.Contains(strings.Join(step.GetArgs(), " "), "SHORT_SHA") {
			t.Errorf("step %s names something after the commit", step.GetId())
		}
		if strings.Contains(step.GetName(), "/cloud-sdk:") {
			t.Errorf("step %s uses an image that has another name now", step.GetId())
		}
	}
}

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// here runs a command on the cloud in dir and gives its last line.
func here(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(args, "--project", "opera-house-1", "--region", "europe-west1", "--localcloud", dir), &out, io.Discard)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1], err
}

// TestProvisionFromAnEmptyProject goes the operator's way, each command in its own process as far as the cloud can tell.
func TestProvisionFromAnEmptyProject(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	step := func(want string, args ...string) string {
		t.Helper()
		last, err := here(t, dir, args...)
		if err != nil || !strings.Contains(last, want) {
			t.Fatalf("%q: %q, %v, want %q", args, last, err, want)
		}
		return last
	}
	step(" to create, 1 to change, ", "provision", "plan")
	step(" created, 1 changed, ", "provision", "apply", "--base-url", "https://house.opera.dev", "--mail-from", "house@opera.dev")
	if last := step("0 created, 0 changed, ", "provision", "apply"); strings.HasSuffix(last, " 0 unchanged") {
		t.Error(last)
	}
	step("0 to create, 0 to change, ", "provision", "plan")
	if _, err := here(t, dir, "log-lock"); err == nil {
		t.Error("locked without the bucket's name")
	}
	step("is locked:", "log-lock", "--confirm", "toh-audit")
	step("was locked before", "log-lock", "--confirm", "toh-audit")
	step("0 created, 0 changed, ", "provision", "apply")
}

func TestProvisionPrintsTerraform(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"provision", "terraform", "--project", "opera-house-1", "--region", "europe-west1"}, &out, io.Discard)
	if err != nil || !strings.Contains(out.String(), `resource "google_firestore_index"`) {
		t.Errorf("%v: %d bytes", err, out.Len())
	}
}

func TestProvisionRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"no verb":       {"provision", "--project", "opera-house-1", "--region", "europe-west1"},
		"another verb":  {"provision", "destroy", "--project", "opera-house-1", "--region", "europe-west1"},
		"no project":    {"provision", "plan", "--region", "europe-west1"},
		"no region":     {"provision", "terraform", "--project", "opera-house-1"},
		"stray":         {"provision", "plan", "now", "--project", "opera-house-1", "--region", "europe-west1"},
		"plain address": {"provision", "plan", "--base-url", "http://house.opera.dev", "--localcloud", dir},
		"no cloud":      {"log-lock", "--confirm", "toh-audit", "--localcloud", dir},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing may get as far as a call
		if err := run(ctx, args, io.Discard, io.Discard); err == nil || strings.Contains(err.Error(), "canceled") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOperationsPage runs the commands of the page in their order, on an in-process cloud.
func TestOperationsPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(text), "### From an empty project to serving")
	page, _, _ = strings.Cut(page, "\n### ")
	dir, ran := filepath.Join(t.TempDir(), "cloud"), 0
	for _, line := range strings.Split(page, "\n") {
		args, ok := strings.CutPrefix(line, "tohctl ")
		if !ok {
			continue
		}
		args = strings.NewReplacer(" P ", " opera-house-1 ", " R ", " europe-west1 ", "opera.example.org", "opera.dev").Replace(args + " ")
		var out bytes.Buffer
		if err := run(t.Context(), append(strings.Fields(args), "--localcloud", dir), &out, io.Discard); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out.String())
		}
		ran++
	}
	if ran < 3 {
		t.Errorf("the page has %d commands", ran)
	}
}

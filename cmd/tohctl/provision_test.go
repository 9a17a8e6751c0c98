package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"cloud.google.com/go/serviceusage/apiv1/serviceusagepb"
)

// here runs a command on the cloud in dir and returns its last line.
func here(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(args, "--project", "opera-house-1", "--region", "europe-west1", "--localcloud", dir),
		&out, io.Discard)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1], err
}

// TestProvisionFromAnEmptyProject follows the operator's steps, each command in its own process as far as the cloud can
// tell.
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
	step(" created, 1 changed, ", "provision", "apply", "--base-url", "https://house.opera.dev", "--mail-from",
		"house@opera.dev")
	if last := step("0 created, 0 changed, ", "provision", "apply"); strings.HasSuffix(last, " 0 unchanged") {
		t.Error(last)
	}
	step("0 to create, 0 to change, ", "provision", "plan")
	if _, err := here(t, dir, "log-lock"); err == nil {
		t.Error("locked without the bucket's name")
	}
	step("is locked:", "log-lock", "--confirm", "toh-audit")
	step("is already locked", "log-lock", "--confirm", "toh-audit")
	step("0 created, 0 changed, ", "provision", "apply")
}

func TestProvisionPrintsTerraform(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"provision", "terraform", "--project", "opera-house-1", "--region",
		"europe-west1"}, &out, io.Discard)
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
		cancel() // no call may be made
		if err := run(ctx, args, io.Discard, io.Discard); err == nil || strings.Contains(err.Error(), "canceled") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOperationsPage runs the commands of the page in their order, on a local cloud: tohctl's as they are, and gcloud's
// by their effect.
func TestOperationsPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(text), "### From an empty project to serving")
	page, _, _ = strings.Cut(page, "\n### ")
	dir, ran, done := filepath.Join(t.TempDir(), "cloud"), 0, map[string]bool{}
	for _, line := range strings.Split(page, "\n") {
		args := strings.Fields(strings.NewReplacer(" P ", " opera-house-1 ", "projects/P/", "projects/opera-house-1/",
			"@P.", "@opera-house-1.",
			" R ", " europe-west1 ", "=R ", "=europe-west1 ", "opera.example.org", "opera.dev").Replace(line + " "))
		switch {
		case strings.HasPrefix(line, "gcloud "):
			done[gcloudOn(t, dir, args[1:])] = true
		case strings.HasPrefix(line, "tohctl "):
			var out bytes.Buffer
			if err := run(t.Context(), append(args[1:], "--localcloud", dir), &out, io.Discard); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, out.String())
			}
			if !done["quota project"] || !done["enabled"] {
				t.Errorf("%s: before its calls can be made", line)
			}
			ran++
		}
	}
	if ran < 3 || !done["secret"] || !done["built"] {
		t.Errorf("the page has %d commands of tohctl, and of gcloud %v", ran, done)
	}
}

// gcloudOn does what a command of gcloud would do, as far as what follows depends on it. It fails the test for a
// command it does not know.
func gcloudOn(t *testing.T, dir string, args []string) (what string) {
	t.Helper()
	line := strings.Join(args, " ")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Errorf("gcloud %s: %v", line, err)
		}
	}
	if !strings.HasPrefix(line, "auth ") && !strings.Contains(line, "--project opera-house-1") &&
		!strings.HasPrefix(line, "projects add-iam-policy-binding opera-house-1 ") &&
		!strings.HasPrefix(line, "projects remove-iam-policy-binding opera-house-1 ") {
		t.Errorf("gcloud %s: in which project?", line)
	}
	in, err := target{project: "opera-house-1", region: "europe-west1", folder: dir, empty: true}.open(t.Context(),
		io.Discard)
	must(err)
	defer func() { must(in.Close()) }()
	switch {
	case line == "auth login", line == "auth application-default login":
		return "signed in"
	case line == "auth application-default set-quota-project opera-house-1":
		return "quota project"
	case strings.HasPrefix(line, "services enable "):
		for _, api := range args[2 : len(args)-2] {
			op, err := in.Admin.Services.EnableService(t.Context(),
				&serviceusagepb.EnableServiceRequest{Name: "projects/opera-house-1/services/" + api})
			must(err)
			_, err = op.Wait(t.Context())
			must(err)
		}
		return "enabled"
	case strings.HasPrefix(line, "secrets versions add "):
		_, err := in.Admin.Secrets.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
			Parent:  "projects/opera-house-1/secrets/" + args[3],
			Payload: &secretmanagerpb.SecretPayload{Data: []byte("the vendor's key")}})
		must(err)
		return "secret"
	case strings.HasPrefix(line, "builds submit "):
		account := args[slices.Index(args, "--service-account")+1]
		_, err := in.Admin.Accounts.GetServiceAccount(t.Context(), &adminpb.GetServiceAccountRequest{Name: account})
		must(err)
		// otherwise it would deploy to a region with nothing in it
		if !strings.Contains(line, "--substitutions _REGION=europe-west1") {
			t.Errorf("gcloud %s: in which region?", line)
		}
		return "built"
	}
	if strings.HasPrefix(line, "projects ") { // an operator's own roles: a custom role of the project must exist
		if role := args[slices.Index(args, "--role")+1]; strings.HasPrefix(role, "projects/") {
			_, err := in.Admin.Accounts.GetRole(t.Context(), &adminpb.GetRoleRequest{Name: role})
			must(err)
		}
		return "role"
	}
	t.Errorf("nobody has tried gcloud %s", line)
	return ""
}

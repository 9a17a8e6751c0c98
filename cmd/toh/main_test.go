package main

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestMain makes the test binary act as the program, so that environment, exit code and output are the real ones.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-as-toh") {
		os.Args = slices.DeleteFunc(os.Args, func(a string) bool { return a == "-as-toh" })
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// good are settings that the program accepts.
var good = []string{
	"TOH_BASE_URL=https://opera.teatro.org", "TOH_PROJECT=opera-house-1", "TOH_REGION=europe-west1",
	"TOH_FIRESTORE_DATABASE=toh-main", "TOH_KEYS_DATABASE=toh-keys",
	"TOH_KMS_KEY=projects/opera-house-1/locations/europe-west1/keyRings/toh/cryptoKeys/workspaces",
	"TOH_PUSH_SERVICE_ACCOUNT=push@opera-house-1.iam.gserviceaccount.com", "TOH_PUSH_AUDIENCE=https://tasks.teatro.org",
	"TOH_MAIL_FROM=house@teatro.org",
}

// toh runs the program with exactly these variables.
func toh(t *testing.T, env []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-as-toh"}, args...)...) // #nosec G204 -- ourselves
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestRefusesToStart(t *testing.T) {
	cases := []struct{ setting, line string }{
		{"TOH_BASE_URL=http://opera.teatro.org", "TOH_BASE_URL: must start with https://"},
		{"TOH_SECRET_PEPPER=changeme", "TOH_SECRET_PEPPER: is a placeholder"},
		{"TOH_PEPPER=hush-hush-hush", "TOH_PEPPER: holds a secret in a plain variable"},
		{"FIRESTORE_EMULATOR_HOST=127.0.0.1:8080", "FIRESTORE_EMULATOR_HOST: is set: unset it"},
		{"TOH_KMS_ENDPOINT=http://10.0.0.1", "TOH_KMS_ENDPOINT: is set: unset it"},
	}
	for _, c := range cases {
		for _, args := range [][]string{nil, {"-check"}} {
			code, out, errs := toh(t, append(slices.Clone(good), c.setting), args...)
			if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, c.line) ||
				strings.Contains(errs, "hush") {
				t.Errorf("%s %v: exit %d, %q, %q", c.setting, args, code, out, errs)
			}
		}
	}
	if code, _, errs := toh(t, nil); code != 1 || strings.Count(errs, "is missing") < 7 {
		t.Errorf("without any settings: %d %q", code, errs)
	}
}

func TestCheckAndFlags(t *testing.T) {
	if code, out, errs := toh(t, good, "-check"); code != 0 || out+errs != "" {
		t.Errorf("good settings: %d %q %q", code, out, errs)
	}
	if code, out, _ := toh(t, nil, "-version"); code != 0 || strings.TrimSpace(out) != revision {
		t.Errorf("version: %d %q", code, out)
	}
	for _, args := range [][]string{{"serve"}, {"-nope"}} {
		if code, _, errs := toh(t, good, args...); code != 2 || errs == "" {
			t.Errorf("%v: %d %q", args, code, errs)
		}
	}
}

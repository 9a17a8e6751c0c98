package deploytest

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// commandsIn are the gcloud commands that a text names, each with the flags that are named with it.
func commandsIn(text string) map[string]map[string]bool {
	commands := map[string]map[string]bool{}
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, m := range regexp.MustCompile("gcloud ([a-z-]+(?: [a-z][a-z-]*)*)([^`\n;|)>]*)").FindAllStringSubmatch(text,
		-1) {
		if commands[m[1]] == nil {
			commands[m[1]] = map[string]bool{}
		}
		for _, f := range regexp.MustCompile(`--[a-z-]+`).FindAllString(m[2], -1) {
			commands[m[1]][f] = true
		}
	}
	return commands
}

// ask asks the installed gcloud whether it has the commands and their flags. It needs no network.
func ask(t *testing.T, commands map[string]map[string]bool, least int) {
	t.Helper()
	if _, err := exec.LookPath("gcloud"); err != nil {
		testneed.Missing(t, "gcloud")
	}
	if len(commands) < least {
		t.Errorf("only %v were found", commands)
	}
	for command, flags := range commands {
		for _, wrong := range missing(t.Context(), command, flags) {
			t.Errorf("gcloud %s: there is no %s", command, wrong)
		}
	}
}

// missing is what gcloud does not know of a command: the command itself, or some of its flags.
func missing(ctx context.Context, command string, flags map[string]bool) []string {
	out, err := exec.CommandContext(ctx, "gcloud", append(strings.Fields(command), "--help")...).Output()
	if err != nil {
		return []string{"such command"}
	}
	help := strings.ReplaceAll(regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(string(out), ""), "--[no-]", "--")
	var wrong []string
	for f := range flags {
		if !regexp.MustCompile(regexp.QuoteMeta(f)+`\b`).MatchString(help) &&
			!regexp.MustCompile(regexp.QuoteMeta("--"+strings.TrimPrefix(f, "--no-"))+`\b`).MatchString(help) {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// TestPagesNameCommandsThatExist checks the commands that operators are told to type.
func TestPagesNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../../docs/playbooks/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%v, %v", pages, err)
	}
	text := read(t, "docs/operations.md")
	for _, page := range pages {
		text += read(t, "docs/playbooks/"+filepath.Base(page))
	}
	commands := commandsIn(text)
	for _, want := range []string{"secrets versions add toh-mail", "auth application-default set-quota-project",
		"builds submit", "run services update toh-web"} {
		if commands[want] == nil {
			t.Errorf("%q was not found", want)
		}
	}
	ask(t, commands, 10)
}

// TestWrongCommandsAreFound: the check of the pages finds a command and a flag that gcloud does not have.
func TestWrongCommandsAreFound(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gcloud"); err != nil {
		testneed.Missing(t, "gcloud")
	}
	for text, wrong := range map[string]bool{
		"gcloud secrets versions add toh-mail --data-file=-":        false,
		"gcloud secrets versoins add toh-mail --data-file=-":        true,
		"gcloud secrets versions add toh-mail --datafile=-":         true,
		"gcloud run services update toh-web --no-invoker-iam-check": false,
	} {
		for command, flags := range commandsIn(text) {
			if got := missing(t.Context(), command, flags); (len(got) > 0) != wrong {
				t.Errorf("%s: %q", text, got)
			}
		}
	}
}

package deploytest

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// instruction is one line of a Dockerfile.
type instruction struct{ name, rest string }

// stages are the instructions from each FROM on; what comes before the first FROM is stage 0.
func stages(t *testing.T) [][]instruction {
	t.Helper()
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	all := [][]instruction{nil}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		if name == "FROM" {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], instruction{name, strings.TrimSpace(rest)})
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func all(stage []instruction, name string) []string {
	var rest []string
	for _, i := range stage {
		if i.name == name {
			rest = append(rest, i.rest)
		}
	}
	return rest
}

func TestContainerHoldsOnlyTheProgram(t *testing.T) {
	t.Parallel()
	found := stages(t)
	if len(found) != 3 {
		t.Fatalf("the Dockerfile has %d stages, want one that builds and one that runs", len(found)-1)
	}
	last := found[2]
	for name, want := range map[string][]string{
		"FROM":       {"${BASE_IMAGE}"},
		"COPY":       {"--from=build /toh /toh"},
		"USER":       {"65532:65532"},
		"ENTRYPOINT": {`["/toh"]`},
		"RUN":        nil, "ADD": nil, "CMD": nil, "VOLUME": nil,
	} {
		if got := all(last, name); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	pinned := all(found[0], "ARG")
	if !slices.Equal(pinned, []string{"GO_VERSION=1.26", "GO_IMAGE=golang:${GO_VERSION}-bookworm",
		"BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot"}) {
		t.Errorf("the images below are %q", pinned)
	}
	for _, image := range []string{"golang:1.26-bookworm", "gcr.io/distroless/static-debian12:nonroot"} {
		if !strings.Contains(read(t, "cloudbuild.yaml"),
			"for image in golang:1.26-bookworm gcr.io/distroless/static-debian12:nonroot;") {
			t.Errorf("the build does not look up the digest of %s", image)
		}
	}
	for _, env := range all(last, "ENV") {
		if regexp.MustCompile(`(?i)secret|password|token|key|pepper`).MatchString(env) {
			t.Errorf("the image carries %q", env)
		}
	}
}

func TestContainerIsBuiltWithTheGoOfTheModule(t *testing.T) {
	t.Parallel()
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	for name, want := range map[string]string{
		"Dockerfile":      "ARG GO_VERSION=" + version + "\n",
		"cloudbuild.yaml": "golang:" + version + "-bookworm\n",
	} {
		if !strings.Contains(read(t, name), want) {
			t.Errorf("%s has another Go than go.mod: %q is missing", name, want)
		}
	}
}

// TestBuildIsReproducible runs the Dockerfile's own command over what it copies, in two folders.
func TestBuildIsReproducible(t *testing.T) {
	t.Parallel()
	build := stages(t)[1]
	runs := all(build, "RUN")
	command := runs[len(runs)-1]
	if !strings.HasPrefix(command, "CGO_ENABLED=0 go build -trimpath ") ||
		!strings.Contains(command, " -o /toh ./cmd/toh") {
		t.Fatalf("the last RUN is %q", command)
	}
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "another", "folder")
	one, two := compile(t, build, command, first), compile(t, build, command, second)
	if !bytes.Equal(one, two) {
		t.Error("two builds of the same source differ")
	}
	for _, path := range []string{first, second, goEnv(t, "GOMODCACHE"), goEnv(t, "GOROOT")} {
		if bytes.Contains(one, []byte(path)) {
			t.Errorf("the program names the folder %s of the machine that built it", path)
		}
	}
	checkProgram(t, filepath.Join(first, "toh"))
}

// compile does what the build stage does: it copies, and runs the command.
func compile(t *testing.T, build []instruction, command, dir string) []byte {
	t.Helper()
	for _, line := range all(build, "COPY") {
		words := strings.Fields(line)
		for _, from := range words[:len(words)-1] {
			to := filepath.Join(dir, words[len(words)-1])
			if strings.HasSuffix(words[len(words)-1], "/") {
				to = filepath.Join(to, from)
			}
			copyTree(t, filepath.Join(root, from), to)
		}
	}
	program := filepath.Join(dir, "toh")
	cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, "-o /toh ", "-o "+program+" ", 1))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "REVISION=r-1", "GOFLAGS=", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatalf("the Dockerfile copies what does not exist: %v", err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err = os.MkdirAll(filepath.Dir(to), 0o750); err == nil {
		var content []byte
		if content, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(to, content, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// checkProgram requires that the program needs no system library, and knows its revision.
func checkProgram(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, s := range file.Sections { // stacks of panics name functions and lines without them
		if s.Type == elf.SHT_SYMTAB || strings.HasPrefix(s.Name, ".debug_") || strings.HasPrefix(s.Name, ".zdebug_") {
			t.Errorf("the program is not stripped: it has %s, %d bytes", s.Name, s.FileSize)
		}
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has %v", p.Type)
		}
	}
	if runtime.GOOS != "linux" {
		return // it exists, but can run only in a container
	}
	out, err := exec.CommandContext(t.Context(), program, "-version").Output()
	if err != nil || strings.TrimSpace(string(out)) != "r-1" {
		t.Errorf("toh -version says %q, %v", out, err)
	}
}

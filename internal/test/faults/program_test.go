package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// build builds the real program.
func build(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "toh-local")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", exe,
		"github.com/tinyoperahouse/toh/cmd/toh-local").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return exe
}

// program is a run of it.
type program struct {
	cmd     *exec.Cmd
	began   testclock.Stopwatch
	address chan string // its URL, once; closed without one if the program ends first
	read    sync.WaitGroup
	out     bytes.Buffer // of its log
}

var openAt = regexp.MustCompile(`is open at (http://\S+)`)

// launch starts it on a folder.
func launch(t *testing.T, exe, dir, addr string) *program {
	t.Helper()
	p := &program{address: make(chan string, 1), began: testclock.Start()}
	p.cmd = exec.Command(exe, "--demo", "--addr", addr, "--data", dir)
	p.cmd.Stderr = &p.out
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.read.Go(func() {
		defer close(p.address)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if found := openAt.FindStringSubmatch(lines.Text()); found != nil {
				p.address <- found[1]
			}
		}
	})
	return p
}

// longStart is not a promise: it is where a test gives up. The promise is measured.
const longStart = 3 * time.Minute

// await waits until the program is ready, and returns its address and how long that took from the start of the process.
func (p *program) await(t *testing.T) (url string, took time.Duration) {
	t.Helper()
	select {
	case url = <-p.address:
	case <-time.After(longStart):
	}
	if url == "" {
		p.kill()
		t.Fatalf("it did not start:\n%s", p.out.String())
	}
	c := newClient(url, false)
	defer c.close()
	for p.began.Elapsed() < longStart {
		if c.get(t.Context(), "/readyz").status == http.StatusOK {
			return url, p.began.Elapsed()
		}
		time.Sleep(2 * time.Millisecond)
	}
	p.kill()
	t.Fatalf("it is not ready:\n%s", p.out.String())
	return "", 0
}

// kill ends it as a power cut would.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	p.read.Wait()
	_ = p.cmd.Wait()
}

// end sends a signal and waits for the program to end by itself.
func (p *program) end(t *testing.T, s os.Signal) time.Duration {
	t.Helper()
	start := testclock.Start()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })()
	p.read.Wait()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it did not end in order: %v\n%s", err, p.out.String())
	}
	return start.Elapsed()
}

func readSheet(t *testing.T, dir string) demo.Sheet {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, demo.File))
	if err != nil {
		t.Fatal(err)
	}
	var s demo.Sheet
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

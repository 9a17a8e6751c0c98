package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/disktest"
)

// hangFile is the name of an environment variable that holds the path of a file: while that file exists the disk hangs.
// A process that has the variable is the program itself.
const hangFile = "DISK_HANGS_WITH"

// TestMain is the program in the processes that the tests start.
func TestMain(m *testing.M) {
	path := os.Getenv(hangFile)
	if path == "" {
		os.Exit(m.Run())
	}
	begin(machine{ending: 2 * time.Second, start: 4 * time.Second, files: disktest.Hanging(func() bool {
		_, err := os.Stat(path)
		return err == nil
	})})
}

// process is the program on a disk that can be made to hang.
type process struct {
	*exec.Cmd
	dir, hang string
	out       *bufio.Scanner
	err       bytes.Buffer
}

func start(t *testing.T, hanging bool, args ...string) *process {
	t.Helper()
	p := &process{dir: filepath.Join(t.TempDir(), "data"), hang: filepath.Join(t.TempDir(), "hangs")}
	if hanging {
		p.hangs(t)
	}
	p.run(t, args...)
	return p
}

// run starts the program, again if it ran before.
func (p *process) run(t *testing.T, args ...string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.Cmd = exec.Command(exe, append([]string{"--addr", "127.0.0.1:0", "--data", p.dir}, args...)...)
	p.Env = append(os.Environ(), hangFile+"="+p.hang)
	p.err.Reset()
	p.Stderr = &p.err
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	process := p.Process
	late := time.AfterFunc(time.Minute, func() { _ = process.Kill() })
	t.Cleanup(func() {
		late.Stop()
		_ = process.Kill() // if the test has failed before it ended
	})
}

func (p *process) hangs(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(p.hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// open waits until the program says that it is open.
func (p *process) open(t *testing.T) {
	t.Helper()
	for p.out.Scan() {
		if strings.Contains(p.out.Text(), "is open at") {
			return
		}
	}
	t.Fatalf("it did not start: %s", p.err.String())
}

// wait waits for the end of the program.
func (p *process) wait() error {
	for p.out.Scan() { // the pipe must be read to its end first
	}
	return p.Wait()
}

// ends waits for the end of the program, and checks the exit code and the one line.
func (p *process) ends(t *testing.T, code int, says ...string) {
	t.Helper()
	disktest.Ended(t, p.wait(), code, p.err.String(), says...)
}

// stop ends the program with a signal, and waits for the end.
func (p *process) stop(t *testing.T, with os.Signal) error {
	t.Helper()
	if err := p.Process.Signal(with); err != nil {
		t.Fatal(err)
	}
	return p.wait()
}

// TestHangingDiskEndsTheStart: by itself, and also after a signal.
func TestHangingDiskEndsTheStart(t *testing.T) {
	t.Parallel()
	start(t, true).ends(t, exitDisk, "did not answer", "check the disk")
	p := start(t, true)
	if err := p.stop(t, syscall.SIGTERM); err == nil { // it may or may not handle signals already
		t.Error("it ended as if it had been open")
	}
}

// TestHangingDiskEndsTheEnd: an orderly end is cut off when the disk does not let it finish, and the next start finds
// everything.
func TestHangingDiskEndsTheEnd(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	p.open(t)
	p.hangs(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.ends(t, exitHung, "did not end in time", "on disk")
	if err := os.Remove(p.hang); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.open(t)
	if err := p.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("an ordered end: %v\n%s", err, p.err.String())
	}
}

// TestFolderWithoutItsDatabaseEndsTheStart with a line that says what to do, and creates nothing in its place.
func TestFolderWithoutItsDatabaseEndsTheStart(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	p.open(t)
	if err := p.stop(t, os.Interrupt); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(p.dir, "cloud")
	if err := os.Rename(gone, gone+".away"); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.ends(t, exitDisk, gone, "is gone", "docs/operations.md")
	if _, err := os.Stat(gone); err == nil {
		t.Error("a new database is in its place")
	}
}

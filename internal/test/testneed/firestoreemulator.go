package testneed

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// jarPath is the emulator's path below the folder of the Google Cloud CLI.
const jarPath = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"

// FirestoreEmulator is the address of an official Firestore emulator: the one that FIRESTORE_EMULATOR_HOST names, or
// one of its own that ends with the test. At first every project and database in it is empty.
func FirestoreEmulator(t testing.TB) string {
	t.Helper()
	if host := os.Getenv("FIRESTORE_EMULATOR_HOST"); host != "" {
		return host
	}
	jar := cloudFile(jarPath)
	if jar == "" {
		Missing(t, "the Firestore emulator of the Google Cloud CLI")
	}
	if _, err := exec.LookPath("java"); err != nil {
		Missing(t, "java")
	}
	host := freeAddress(t)
	_, port, _ := net.SplitHostPort(host)
	java(t, host, "-Xmx512m", "-cp", jar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
		"--host=127.0.0.1", "--port="+port)
	return host
}

// java runs an emulator until the test ends. The emulator lives only for seconds, so a simple garbage collector and
// quick compilation save a third of its time.
func java(t testing.TB, host string, args ...string) {
	t.Helper()
	cmd := exec.Command("java", append([]string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"}, args...)...) // #nosec G204 -- the installed emulator
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the emulator: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitFor(t, host)
}

// cloudFile is the path of a file of the Google Cloud CLI, or "".
func cloudFile(path string) string {
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		return ""
	}
	if gcloud, err = filepath.EvalSymlinks(gcloud); err != nil {
		return ""
	}
	file := filepath.Join(filepath.Dir(filepath.Dir(gcloud)), path)
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// freeAddress is a loopback address on which nothing listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// waitFor waits until connections are accepted.
func waitFor(t testing.TB, host string) {
	t.Helper()
	for end := testclock.Start(); end.Elapsed() < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", host, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
	}
	t.Fatalf("nobody listens on %s", host)
}

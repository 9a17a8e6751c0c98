package testneed

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// PubSubEmulator is the address of an official Pub/Sub emulator: the one that PUBSUB_EMULATOR_HOST names, or one of its
// own that ends with the test.
func PubSubEmulator(t testing.TB) string {
	t.Helper()
	if host := os.Getenv("PUBSUB_EMULATOR_HOST"); host != "" {
		return host
	}
	folder := cloudFile("platform/pubsub-emulator/lib")
	jars, _ := filepath.Glob(filepath.Join(folder, "cloud-pubsub-emulator-*-all.jar"))
	if folder == "" || len(jars) == 0 {
		Missing(t, "the Pub/Sub emulator of the Google Cloud CLI")
	}
	if _, err := exec.LookPath("java"); err != nil {
		Missing(t, "java")
	}
	host := freeAddress(t)
	_, port, _ := net.SplitHostPort(host)
	java(t, host, "-Xmx256m", "-cp", jars[0], "com.google.cloud.pubsub.testing.v1.Main", "--host=127.0.0.1", "--port="+
		port)
	return host
}

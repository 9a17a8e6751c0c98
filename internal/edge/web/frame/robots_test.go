package frame_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestRobots(t *testing.T) {
	t.Parallel()
	p := webtest.New(t).Browser().Get("/robots.txt")
	if p.Status != 200 || p.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("%d %s", p.Status, p.Header.Get("Content-Type"))
	}
	if p.Body != "User-agent: *\nAllow: /$\nAllow: /subprocessors$\nAllow: /data$\nAllow: /access$\n"+
		"Allow: /.well-known/security.txt$\n"+
		"Allow: /privacy$\nAllow: /processing$\nAllow: /terms$\nAllow: /security$\nAllow: /status$\n"+
		"Allow: /static/\nDisallow: /\n" {
		t.Errorf("%q", p.Body)
	}
}

package bench

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// bare is the least that a server can do: read the request, and write as many bytes as requested.
type bare struct {
	server   *http.Server
	listener net.Listener
}

const maxBare = 16 << 20

func startBare() (*bare, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	b := &bare{listener: listener, server: &http.Server{Handler: http.HandlerFunc(answer),
		ReadHeaderTimeout: 5 * time.Second}}
	go b.server.Serve(listener) // ends with close
	return b, nil
}

func (b *bare) close() { _ = b.server.Close() }

func (b *bare) url(size int) string {
	return "http://" + b.listener.Addr().String() + "/" + strconv.Itoa(size)
}

var filling = make([]byte, maxBare)

func answer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	size, _ := strconv.Atoi(r.URL.Path[1:])
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(filling[:max(0, min(size, maxBare))])
}

package frame_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestMachinesNeedOurNameAndTLS(t *testing.T) {
	t.Parallel()
	fixture := webtest.New(t)
	reached := 0
	handler := fixture.Site.Machine(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached++
		w.WriteHeader(http.StatusTeapot)
	}))
	host := strings.TrimPrefix(accounttest.Base, "https://")
	for name, c := range map[string]struct {
		host, proto string
		status      int
	}{
		"secure":              {host, "https", http.StatusTeapot},
		"plain":               {host, "http", http.StatusForbidden},
		"plain, no header":    {host, "", http.StatusForbidden},
		"forged in front":     {host, "https, http", http.StatusForbidden},
		"another name":        {"evil.example", "https", http.StatusMisdirectedRequest},
		"another name, plain": {"evil.example", "http", http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/me", nil)
		r.Host = c.host
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Location"))
		}
		if got := w.Header().Get("Strict-Transport-Security"); !strings.Contains(got, "preload") {
			t.Errorf("%s: HSTS %q", name, got)
		}
	}
	if reached != 1 {
		t.Errorf("%d requests got through", reached)
	}
}

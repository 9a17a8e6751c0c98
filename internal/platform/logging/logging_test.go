package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"
)

// entry logs one entry and returns it decoded and raw.
func entry(t *testing.T, opts Options, write func(*slog.Logger)) (map[string]any, string) {
	t.Helper()
	var b bytes.Buffer
	opts.Writer = &b
	write(New(opts))
	if strings.Count(b.String(), "\n") != 1 {
		t.Fatalf("not one line: %q", b.String())
	}
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatalf("not JSON: %v: %s", err, b.String())
	}
	return m, b.String()
}

func TestCloudLoggingFields(t *testing.T) {
	t.Parallel()
	ctx := WithRequest(context.Background(), Request{ID: "r1", Trace: "0af7651916cd43dd8448eb211c80319c",
		Span: "b7ad6b7169203331", Sampled: true})
	m, _ := entry(t, Options{Project: "opera"}, func(l *slog.Logger) {
		l.WithGroup("job").InfoContext(ctx, "done", "id", "j1", "took", 3*time.Second)
	})
	want := map[string]any{
		"severity": "INFO", "message": "done", "request": "r1",
		"logging.googleapis.com/trace":         "projects/opera/traces/0af7651916cd43dd8448eb211c80319c",
		"logging.googleapis.com/spanId":        "b7ad6b7169203331",
		"logging.googleapis.com/trace_sampled": true,
	}
	for key, value := range want {
		if m[key] != value {
			t.Errorf("%s = %v, want %v", key, m[key], value)
		}
	}
	if _, err := time.Parse(time.RFC3339Nano, m["time"].(string)); err != nil {
		t.Error(err)
	}
	if g := m["job"].(map[string]any); g["id"] != "j1" || g["took"] != "3s" {
		t.Errorf("group %v", g)
	}
	for _, key := range []string{"level", "msg", "source"} {
		if _, there := m[key]; there {
			t.Errorf("slog's own field %s is there", key)
		}
	}
}

func TestSeverities(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{slog.LevelDebug: "DEBUG", slog.LevelInfo: "INFO",
		LevelNotice: "NOTICE", slog.LevelWarn: "WARNING", slog.LevelError: "ERROR", LevelCritical: "CRITICAL",
		LevelAlert: "ALERT"} {
		m, _ := entry(t, Options{Level: slog.LevelDebug}, func(l *slog.Logger) {
			l.Log(context.Background(), level, "x")
		})
		if m["severity"] != want {
			t.Errorf("%v: %v", level, m["severity"])
		}
	}
	var b bytes.Buffer
	New(Options{Writer: &b}).Debug("hidden")
	if b.Len() != 0 {
		t.Error("debug is written at info")
	}
}

func TestErrorReporting(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	ctx := Into(context.Background(), New(Options{Writer: &b, Service: "toh", Version: "v9"}))
	Panic(ctx, "lost bob@teatro.org", []byte("goroutine 1 [running]:\nmain.main()\n\t/go/x/grpc@v1.84.0/a.go:1 +0x1"))
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	stack := m["stack_trace"].(string)
	if m["severity"] != "ERROR" || !strings.HasPrefix(stack, "panic: lost [e-mail]\n\ngoroutine 1") ||
		!strings.Contains(stack, "grpc v1.84.0") {
		t.Errorf("%v", m)
	}
	if m["@type"] != "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent" ||
		m["serviceContext"].(map[string]any)["service"] != "toh" {
		t.Errorf("%v", m)
	}
	where := m["context"].(map[string]any)["reportLocation"].(map[string]any)
	if !strings.HasSuffix(where["filePath"].(string), "request.go") || where["lineNumber"].(float64) == 0 {
		t.Errorf("%v", where)
	}
}

const canary = "kanarienvogel"

// holder is a struct that must not be written, valued a LogValuer, nasty an error that holds an address.
type holder struct{ Password string }
type valued struct{ token string }

func (v valued) LogValue() slog.Value {
	return slog.GroupValue(slog.String("access_token", v.token), slog.String("name", "Bearer "+v.token))
}

type bad struct{}

func (bad) LogValue() slog.Value { panic("no") }

type badError struct{}

func (*badError) Error() string { panic("no") }

func TestCanariesNeverWritten(t *testing.T) {
	t.Parallel()
	jwt := "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ" + canary + "In0.c2ln" + canary
	secretErr := fmt.Errorf("send: %w", errors.New("to <"+canary+"@teatro.org> failed with Bearer "+canary))
	attrs := []any{
		slog.String("password", canary), slog.String("New-Password", canary), slog.Any("Cookie", canary),
		slog.Any("authorization", []string{canary}),
		slog.String("E_Mail", canary), slog.String("user.email", canary), slog.String("session_token", canary),
		slog.String("body", canary),
		slog.Group("password", slog.String("value", canary)),
		slog.Group("a", slog.Group("b", slog.Group("c", slog.String("apiKey", canary)))),
		slog.Any("error", secretErr), slog.Any("who", valued{canary}), slog.Any("struct", holder{canary}),
		slog.Any("pointer", &holder{canary}),
		slog.Any("map", map[string]string{"password": canary}), slog.Any("bytes", []byte(canary)),
		slog.Any("url", &url.URL{Path: "/x", RawQuery: "token=" + canary}),
		slog.String("text", "jwt "+jwt), slog.String("ref", "https://a.org/?code="+canary),
		slog.Any("list", []string{canary + "@teatro.org"}),
		slog.String("enc", canary+"%40teatro.org"), slog.String("cook", "__Host-toh="+canary),
		slog.String("vendor", "re_"+canary+"123"),
	}
	for _, form := range []string{"json", "text"} {
		var b bytes.Buffer
		log := New(Options{Writer: &b, Text: form == "text"})
		log.Info("for "+canary+"@teatro.org with "+jwt, attrs...)
		log.With(attrs...).WithGroup("g").With(attrs...).Error("Authorization: Bearer "+canary, attrs...)
		log.WithGroup("token").Info("x", "value", canary)
		if strings.Contains(strings.ToLower(b.String()), canary) {
			at := strings.Index(strings.ToLower(b.String()), canary)
			t.Errorf("%s: canary in the log near %q", form, b.String()[max(0, at-60):at+20])
		}
		if !strings.Contains(b.String(), "send: to") || !strings.Contains(b.String(), "[e-mail]") {
			t.Errorf("%s: the harmless part of the error is gone: %s", form, b.String())
		}
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	hostile := "a\r\nINFO forged \x1b[31mred\x00 \u2028 \u202egnp \x9b \xff end"
	New(Options{Writer: &b, Text: true}).Info(hostile, "k\nk", hostile)
	if strings.Count(b.String(), "\n") != 1 || strings.ContainsAny(strings.TrimSuffix(b.String(), "\n"),
		"\x1b\x00\r\u2028\u202e\u009b") {
		t.Errorf("text form lets controls through: %q", b.String())
	}
	m, _ := entry(t, Options{}, func(l *slog.Logger) {
		l.Info(hostile+`"}{"severity":"ALERT`, "severity", "ALERT", "message", "forged", "bad", bad{}, "bad2",
			(*badError)(nil))
	})
	if m["severity"] != "INFO" || m["attr_severity"] != "ALERT" || strings.HasPrefix(m["message"].(string), "forged") {
		t.Errorf("forged fields: %v", m)
	}
	if strings.ContainsAny(m["message"].(string), "\r\n\x1b\u202e") {
		t.Errorf("%q", m["message"])
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	many := make([]any, 0, 400)
	for i := range 200 {
		many = append(many, fmt.Sprintf("k%d", i), strings.Repeat("é", 1<<20))
	}
	_, raw := entry(t, Options{}, func(l *slog.Logger) { l.Info(strings.Repeat("é", 1<<20), many...) })
	if len(raw) > 256<<10 {
		t.Errorf("entry of %d bytes", len(raw))
	}
	if !strings.Contains(raw, "… [cut]") || !strings.Contains(raw, `"attributes_cut":136`) {
		t.Error("does not say that it is cut")
	}
	deep := slog.String("end", "x")
	for range 50 {
		deep = slog.Attr{Key: "d", Value: slog.GroupValue(deep)}
	}
	if _, raw := entry(t, Options{}, func(l *slog.Logger) { l.Info("x", deep) }); !strings.Contains(raw, "[too deep]") {
		t.Error(raw)
	}
}

func TestCutDoesNotUncover(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", maxText-6) + " " + canary + "@teatro.org"
	if got := cleanText(text, maxText); strings.Contains(got, canary[:5]) {
		t.Errorf("cut uncovers: %q", got[len(got)-40:])
	}
}

func TestTraceFrom(t *testing.T) {
	t.Parallel()
	const id = "0af7651916cd43dd8448eb211c80319c"
	cases := []struct {
		parent, cloud, trace, span string
		sampled                    bool
	}{
		{"00-" + id + "-b7ad6b7169203331-01", "", id, "b7ad6b7169203331", true},
		{"00-" + id + "-b7ad6b7169203331-00", "", id, "b7ad6b7169203331", false},
		{"", id + "/74;o=1", id, "000000000000004a", true},
		{"garbage", id + "/74;o=0", id, "000000000000004a", false},
		{"", id, id, "", false},
		{"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", "", "", "", false},
		{"00-" + strings.ToUpper(id) + "-b7ad6b7169203331-01", "x/y;o=1", "", "", false},
		{"", "../../x", "", "", false},
	}
	for _, c := range cases {
		trace, span, sampled := TraceFrom(c.parent, c.cloud)
		if trace != c.trace || span != c.span || sampled != c.sampled {
			t.Errorf("%q %q: %q %q %v", c.parent, c.cloud, trace, span, sampled)
		}
	}
}

func TestFromIsNeverNil(t *testing.T) {
	t.Parallel()
	if From(context.Background()) == nil {
		t.Fatal("nil")
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a@b.c")
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanText(s, 100)
		if strings.ContainsAny(got, "\r\n\x00\x1b") || len(got) > 100+len("… [cut]") {
			t.Errorf("%q → %q", s, got)
		}
	})
}

func BenchmarkRequestLine(b *testing.B) {
	ctx := WithRequest(context.Background(), Request{ID: "0af7651916cd43dd", Trace: "0af7651916cd43dd8448eb211c80319c",
		Span: "b7ad6b7169203331"})
	log := New(Options{Writer: io.Discard, Project: "opera"}).With("service", "toh")
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(ctx, slog.LevelInfo, "served", slog.String("route", "/api/v1/workspaces/{ws}/reports/{id}"),
			slog.Int("status", 200))
	}
}

func BenchmarkError(b *testing.B) {
	log := New(Options{Writer: io.Discard})
	err := fmt.Errorf("read report: %w", errors.New("rpc error: code = Unavailable desc = connection refused"))
	b.ReportAllocs()
	for b.Loop() {
		log.Error("failed", "error", err, "id", "abc")
	}
}

func BenchmarkDisabled(b *testing.B) {
	log := New(Options{Writer: io.Discard})
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(context.Background(), slog.LevelDebug, "x")
	}
}

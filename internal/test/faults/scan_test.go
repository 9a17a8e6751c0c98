package faults

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// What people type in the story below, and what must be nowhere on the disk or in a log afterwards.
const (
	bossName      = `Zyphrana "Zyph" Quillbottöm`
	bossNewName   = "Zyphrana Marrowgate"
	bossMail      = "zyphrana.quill@canarymail.example"
	bossNewMail   = "marrowgate@othercanary.example"
	bossPassword  = `Kerfuffle & "tremolo" brünnhilde 93`
	bossReset     = "Obsidian ladders hum at teatime 4"
	handName      = "Wendelbert Ashpocket"
	handMail      = "wendelbert@canarymail.example"
	handPassword  = "thirteen velvet herons argue 7"
	wrongPassword = "this-was-never-the-Password-Xq"
	strangerMail  = "nobody.quarrelsome@strangerland.example"
	companyName   = "Wobblecanary Playhouse"
	productionIs  = "The Gondolier of Vexmoor"
	venueName     = "Snickerdoodle Engine Shed"
	runNotes      = "Bring the brass gargoyle for the matinee"
	reportTitle   = `Zanzibaral "night" <ärger>`
	reportBody    = "The quixotastic follow spot failed during the overture, and the peregrinating tenor carried on."
	sealedText    = "A sprained wrist of the flugelhornist, seen by the doctor."
	peopleText    = "Only between us: the understudy was splendiferously late."
	newTitle      = "Tremendifico evening"
	askedText     = "Which of the two trapdoorlings was it?"
	amendReason   = "The trombonist remembered differently."
	searchedFor   = "bumbershootery"
	tokenName     = "Importulator script"
	bogusToken    = "toh_bogus_canary_0123456789abcdefghij"
)

// story is a service that people have used, and the secrets that they were given.
type story struct {
	*servetest.Installation
	t       *testing.T
	given   map[string]string
	boss    *client
	token   string
	ws      string // "/w/<slug>"
	started time.Time
}

func (s *story) secret(what, text string) {
	s.t.Helper()
	if len(text) < 12 {
		s.t.Fatalf("%s is no secret: %q", what, text)
	}
	s.given[what] = text
}

// letter opens the link in the last mail to an address.
func (s *story) letter(to string) string {
	s.t.Helper()
	_, link := s.Mail(s.t, to, s.started)
	u, err := url.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	s.secret("the link to "+to+u.Path[:4], filepath.Base(u.Path))
	s.started = testclock.Now()
	return u.Path
}

func (s *story) cookies(who string, c *client) {
	s.t.Helper()
	base, err := url.Parse(c.base)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, cookie := range c.http.Jar.Cookies(base) {
		if cookie.Name == "toh" || cookie.Name == "toh-device" {
			s.secret("the cookie "+cookie.Name+" of "+who, cookie.Value)
			s.secret("the end of the cookie "+cookie.Name+" of "+who, cookie.Value[len(cookie.Value)-24:])
		}
	}
}

func (s *story) leads(r reply) string {
	s.t.Helper()
	return must(s.t, r, http.StatusSeeOther).header.Get("Location")
}

// people: somebody signs up, makes a workspace, invites another; passwords and addresses are mistyped, forgotten and
// changed.
func (s *story) people() {
	ctx := s.t.Context()
	s.boss = newClient(s.URL(), false)
	s.leads(s.boss.post(ctx, "/signup", "name", bossName, "email", bossMail, "password", bossPassword))
	link := s.letter(bossMail)
	must(s.t, s.boss.get(ctx, link), 200)
	s.leads(s.boss.post(ctx, link, "password", bossPassword))
	s.cookies("the boss", s.boss)
	s.ws = strings.TrimSuffix(s.leads(s.boss.post(ctx, "/workspaces", "name", companyName, "time_zone",
		"Europe/Berlin")), "/")
	s.leads(s.boss.post(ctx, s.ws+"/invitations", "email", handMail, "role", "reporter"))
	hand := newClient(s.URL(), false)
	link = s.letter(handMail)
	must(s.t, hand.get(ctx, link), 200)
	s.leads(hand.post(ctx, link, "name", handName, "password", handPassword))
	s.cookies("the hand", hand)
	s.leads(s.boss.post(ctx, s.ws+"/invitations", "email", "third."+strangerMail, "role", "viewer"))

	stranger := newClient(s.URL(), false)
	for _, email := range []string{bossMail, strangerMail, "not an address " + strangerMail} {
		must(s.t, stranger.post(ctx, "/signin", "email", email, "password", wrongPassword), http.StatusBadRequest)
	}
	s.leads(stranger.post(ctx, "/forgot", "email", strangerMail))
	s.leads(stranger.post(ctx, "/forgot", "email", bossMail))
	link = s.letter(bossMail)
	s.leads(stranger.post(ctx, link, "password", bossReset))
	s.boss = newClient(s.URL(), false)
	s.leads(s.boss.post(ctx, "/signin", "email", bossMail, "password", bossReset))
	s.cookies("the boss again", s.boss)
	s.leads(s.boss.post(ctx, "/account", "name", bossNewName))
	s.leads(s.boss.post(ctx, "/account/email", "email", bossNewMail, "password", bossReset))
	s.leads(s.boss.post(ctx, s.letter(bossNewMail)))
	_ = stranger.send(ctx, "GET", "/account?from="+url.QueryEscape(bossMail), "", "Cookie", "toh="+bogusToken)
}

var tokenForm = regexp.MustCompile(`toh_[A-Za-z0-9_]{30,}`)

// script: a token, and everything that can be done with it.
func (s *story) script() {
	ctx := s.t.Context()
	page := must(s.t, s.boss.post(ctx, "/account/tokens", "name", tokenName, "days", "30", "scopes", "reports:read",
		"scopes", "reports:write", "scopes", "audit:read"), 200)
	s.token = tokenForm.FindString(html.UnescapeString(page.body))
	s.secret("the token", s.token)
	s.secret("the end of the token", s.token[len(s.token)-24:])
	me := must(s.t, s.boss.ask(ctx, "GET", "/api/v1/me", s.token, ""), 200)
	account := me.object()["account"].(map[string]any)["id"].(string)
	base := "/api/v1/workspaces/" + strings.TrimPrefix(s.ws, "/w/")
	do := func(method, path string, status int, body map[string]any) reply {
		text := ""
		if body != nil {
			text = asJSON(body)
		}
		return must(s.t, s.boss.ask(ctx, method, base+path, s.token, text), status)
	}
	production := do("POST", "/productions", 201, map[string]any{"title": productionIs, "company": companyName,
		"venue": venueName, "city": "Vexmoor", "zone": "Europe/Berlin"}).text("id")
	performance := do("POST", "/productions/"+production+"/performances", 201,
		map[string]any{"day": testclock.Now().AddDate(0, 0, -1).Format(time.DateOnly), "start": "19:30",
			"notes": runNotes}).text("id")
	report := "/reports/" + do("POST", "/reports", 201, map[string]any{
		"production": production, "performance": performance, "title": reportTitle, "body": reportBody,
		"sections": []map[string]any{
			{"department": "injury", "text": sealedText, "audience": "management", "severity": "urgent"},
			{"department": "sound", "text": peopleText, "audience": "people", "people": []string{account},
				"severity": "note"},
		},
	}).text("id")
	do("PATCH", report, 200, map[string]any{"title": newTitle})
	do("POST", report+"/file", 200, nil)
	do("GET", "/reports?q="+searchedFor+"+flugelhornist", 200, nil)
	do("GET", "/reports?q=peregrinating", 200, nil)
	do("POST", report+"/query", 200, map[string]any{"text": askedText})
	do("POST", report+"/amend", 200, map[string]any{"reason": amendReason, "title": newTitle + " amended"})
	do("POST", report+"/accept", 200, nil)
	do("GET", report, 200, nil)
	do("POST", "/reports", 400, map[string]any{"production": production, "titel": reportTitle, "body": sealedText})
	do("GET", "/audit?limit=100", 200, nil)
	do("DELETE", report, 204, nil)
	must(s.t, s.boss.ask(ctx, "GET", base+report, bogusToken, ""), 401)
	for _, path := range []string{s.ws + "/audit", s.ws + "/audit.csv", s.ws + "/members", "/account/tokens"} {
		must(s.t, s.boss.get(ctx, path), 200)
	}
}

// texts are what must be nowhere.
func (s *story) texts() map[string]string {
	all := map[string]string{
		"the boss's name": bossName, "the boss's new name": bossNewName, "the boss's address": bossMail,
		"the boss's new address": bossNewMail,
		"the boss's password":    bossPassword, "the boss's new password": bossReset, "the hand's name": handName,
		"the hand's address":  handMail,
		"the hand's password": handPassword, "a wrong password": wrongPassword, "a stranger's address": strangerMail,
		"the company":              companyName,
		"the company's short name": strings.TrimPrefix(s.ws, "/w/"), "the production": productionIs,
		"the venue": venueName, "notes of a performance": runNotes,
		"the title": reportTitle, "the body": reportBody, "a sealed section": sealedText,
		"a section for people": peopleText, "the new title": newTitle,
		"a question": askedText, "a reason": amendReason, "a search": searchedFor, "a token's name": tokenName,
		"a wrong token": bogusToken,
		// single words, as an index would have them
		"a word of the body": "quixotastic", "a word of a sealed section": "flugelhornist",
		"a word of the title": "zanzibaral", "a word of a section": "splendiferously",
		"a part of an address": "canarymail", "a part of a name": "quillbottom",
	}
	for what, text := range s.given {
		all[what] = text
	}
	return all
}

func live(t *testing.T, dir string) *story {
	t.Helper()
	s := &story{Installation: servetest.Start(t, servetest.Options{Dir: dir}), t: t, given: map[string]string{},
		started: testclock.Now().Add(-time.Second)}
	s.people()
	s.script()
	s.Stop(t)
	return s
}

// TestThief reads everything that a thief of the disk and of the logs would, and must find nothing that anybody typed
// or was given.
func TestThief(t *testing.T) {
	dir := t.TempDir()
	s := live(t, dir)
	var scan scanner
	for what, text := range s.texts() {
		scan.needles = append(scan.needles, needles(what, text)...)
	}
	scan.look("the log", []byte(s.Logs.String()))
	scan.files(t, dir)
	pairs := scan.database(t, dir)
	servetest.Start(t, servetest.Options{Dir: dir}).Stop(t)
	scan.files(t, dir) // as the database leaves them after a start: rewritten
	if len(scan.found) > 0 {
		t.Errorf("found:\n%s", few(scan.found))
	}
	if logged := s.Logs.String(); !strings.Contains(logged, "invitation.join") || strings.Count(logged, "\n") < 30 ||
		pairs < 200 {
		t.Errorf("there was not much to look at: %d bytes of log, %d pairs", len(logged), pairs)
	}
	t.Logf("%d forms of %d texts, looked for in %d pairs and %d bytes", len(scan.needles), len(s.texts()), pairs,
		scan.bytes)
	plant(t, dir, scan.needles)
}

// plant: the scanner finds what it is meant to find, in every form and place.
func plant(t *testing.T, dir string, all []needle) {
	t.Helper()
	text, place := []byte(sealedText), t.TempDir()
	for name, planted := range map[string][]byte{
		"plain": text, "upper case": []byte(strings.ToUpper(sealedText)), "hex": []byte(hex.EncodeToString(text)),
		"base64":     []byte(base64.StdEncoding.EncodeToString(append([]byte("xy: "), text...))),
		"URL base64": []byte(base64.RawURLEncoding.EncodeToString(append([]byte("x"), text...))),
		"JSON":       []byte(asJSON(map[string]string{"t": reportTitle})), "address": []byte("/reports?q=" +
			url.QueryEscape(reportTitle)),
	} {
		scan := scanner{needles: all}
		path := filepath.Join(place, "planted")
		if err := os.WriteFile(path, append([]byte("\x00\x01binary"), planted...), 0o600); err != nil {
			t.Fatal(err)
		}
		if scan.files(t, place); len(scan.found) == 0 {
			t.Errorf("a scan does not find what was planted: %s", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	db, err := kv.Open(filepath.Join(dir, "cloud"), kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := db.Batch()
	b.Set([]byte("zz"+handMail), []byte("1"))
	b.Set([]byte("zzz"), []byte(fmt.Sprintf(`{"p":%q}`, handPassword)))
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	scan := scanner{needles: all}
	if scan.database(t, dir); len(scan.found) < 2 {
		t.Errorf("a scan of the database does not find what was planted: %v", scan.found)
	}
}

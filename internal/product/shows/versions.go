package shows

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Version is a report as it was filed once. It is never changed. It is for the same readers as the report was then.
type Version struct {
	Report  string    `json:"report"` // its id
	N       int       `json:"n"`      // from 1
	By      Person    `json:"by"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason,omitempty"` // of an amendment
	Content Report    `json:"content"`          // its Hash is the hash of what was filed
}

// versions is the kind of all filed versions.
var versions = records.Declare(records.Spec[Version]{
	Name: "versions",
	In:   model.WorkspaceScope,
	About: model.About{
		Heading: model.OfShows, Name: "Filed versions",
		Purpose: "Each report as it was filed, so that nobody can change what was reported unnoticed.",
		Until:   "As long as the report, and removed together with it.",
	},
	Label:    func(v *Version) string { return fmt.Sprintf("%s, version %d", v.Content.Label(), v.N) },
	Audience: func(v *Version) access.Audience { return v.Content.audience() },
	Redact:   func(c access.Caller, v *Version) { redact(c, &v.Content) },
	Under: records.Under{
		records.List:   {access.ReportRead},
		records.Serve:  {access.TrashEmpty},
		records.Create: {access.ReportFile, access.ReportAmend},
		records.Remove: {access.TrashEmpty},
	},
	Fields: []records.Field{
		{Name: "report", Type: records.String},
		{Name: "n", Type: records.Int},
	},
	Index: func(v *Version) records.Fields { return records.Fields{"report": v.Report, "n": int64(v.N)} },
	Queries: []records.Query{
		{Name: "of", Equal: []string{"report"}, AnyOf: "readers", Order: newest("n"),
			Together: [][]string{{"report", "readers"}}},
		{Name: "all", Equal: []string{"report"}, Order: newest("n")},
	},
})

// Versions reads the filed versions of a report, the latest first. Whoever may not read something in one of them may
// not read it in an older one either, whoever it was for then: what has been made confidential since, or removed after
// it was made confidential, stays withheld.
func (s *Service) Versions(ctx context.Context, c access.Caller, id string) ([]Version, error) {
	now, err := s.Report(ctx, c, id)
	if err != nil {
		return nil, err
	}
	page, err := versions.Find(ctx, s.gate, records.By(c, access.ReportRead).Note("of", record(reports, id)),
		records.Find{
			Query: "of", Equal: records.Fields{"report": id}, Limit: maxRevision,
		})
	if err != nil {
		return nil, err
	}
	list := make([]Version, len(page.Records))
	for i, v := range page.Records {
		list[i] = v.Body
	}
	return bind(list, now.Body.Revision), nil
}

// bind takes out what the reader may not read in a later version. The list is what the gate found, the latest first:
// where a number is missing, that whole version is not for the reader, and neither are those before it.
func bind(list []Version, latest int) []Version {
	closed := map[string]bool{}
	for i := range list {
		if n := list[i].N; i == 0 && n < latest || i > 0 && n != list[i-1].N-1 {
			return list[:i]
		}
		content := &list[i].Content
		content.hide(func(part string, _ access.Audience) bool { return !closed[part] })
		for _, s := range content.Sections {
			if s.Withheld {
				closed[s.withheld] = true
			}
		}
	}
	return list
}

// Intact reports whether the content is what was hashed when it was filed. It needs the whole version, with nothing
// taken out.
func (v *Version) Intact() bool {
	hash, err := v.Content.contentHash()
	return err == nil && hash == v.Content.Hash
}

// contentHash is the SHA-256 of everything that was written, as JSON with sorted keys: whoever has the content can
// calculate it again.
func (r *Report) contentHash() (string, error) {
	content := *r
	content.Hash, content.State, content.Accepted, content.Queries, content.Trashed, content.FiledOf = "", "", nil, nil,
		nil, 0
	text, err := canonical(content)
	if err != nil {
		return "", fmt.Errorf("content of a report: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// canonical is JSON with sorted keys, without white space.
func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(plain); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

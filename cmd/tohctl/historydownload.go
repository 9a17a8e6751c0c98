package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// What a download may take, whatever the other side sends.
const (
	downloadTime  = 10 * time.Minute
	requestTime   = 30 * time.Second
	mostOfHead    = 16 << 10
	mostOfKeys    = 1 << 20
	mostOfPage    = 32 << 20
	mostOfAll     = 512 << 20 // bytes
	mostRequests  = 20_000
	mostSections  = 1000
	downloadAgent = "tohctl-history"
)

// download reads what an installation publishes, or a copy of it.
type download struct {
	base     *url.URL
	copied   bool // it is a folder of files, whose heads say whose history it is
	client   *http.Client
	left     int64 // bytes
	requests int
}

func newDownload(address string) (*download, error) {
	base, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" ||
		base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fmt.Errorf("%q is no address of an installation, as in https://opera.example, or of "+
			"the folder of a copy, as in https://storage.googleapis.com/opera-toh-mirror", address)
	}
	client := &http.Client{
		Timeout:       requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &download{base: base, copied: base.Path != "", client: client, left: mostOfAll}, nil
}

// bundle downloads everything. The head comes first, so that all entries under it are there when they are read.
func (d *download) bundle(ctx context.Context, kept []string, keys bool) (check.Bundle, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	b := check.Bundle{Origin: d.base.Host + check.Path}
	head, err := d.get(ctx, check.HeadPath, mostOfHead)
	if err != nil {
		return b, err
	}
	b.Heads = append([]string{string(head)}, kept...)
	newest, err := check.Parse(string(head))
	if d.copied {
		if err != nil {
			return b, fmt.Errorf("%s: %w", check.HeadPath, err)
		}
		b.Origin = newest.Origin
	}
	for section := range d.sections(b.Heads) {
		if b.Entries, err = d.entries(ctx, b.Entries, section+1, newest); err != nil {
			return b, err
		}
	}
	if !keys {
		return b, nil
	}
	text, err := d.get(ctx, check.KeysPath, mostOfKeys)
	if err == nil {
		err = json.Unmarshal(text, &b.Keys)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", check.KeysPath, err)
	}
	return b, err
}

// sections is how many sections there are, as far as heads say.
func (d *download) sections(heads []string) int64 {
	most := int64(1)
	for _, text := range heads {
		if h, err := check.Parse(text); err == nil {
			most = max(most, min(h.Section, mostSections))
		}
	}
	return most
}

// entries downloads the entries of a section. Of a copy, those that are younger than its head are left out: they are
// perhaps being written.
func (d *download) entries(ctx context.Context, list []check.Entry, section int64, head check.Head) ([]check.Entry,
	error) {
	for from := int64(0); ; {
		path := d.page(section, from)
		text, err := d.get(ctx, path, mostOfPage)
		if err != nil {
			return list, err
		}
		var p check.Page
		if err := json.Unmarshal(text, &p); err != nil {
			return list, fmt.Errorf("%s: %w", path, err)
		}
		if p.Section != section || p.From != from || p.Next != 0 && p.Next <= from {
			return list, fmt.Errorf("%s: the answer is about section %d from %d, and then from %d", path, p.Section,
				p.From, p.Next)
		}
		list = append(list, p.Entries...)
		if from = p.Next; from == 0 || d.copied && section == head.Section && from >= head.Size {
			return list, nil
		}
	}
}

func (d *download) page(section, from int64) string {
	if d.copied {
		return "/" + check.CopiedPage(section, from)
	}
	return fmt.Sprintf("%s?section=%d&from=%d", check.Path, section, from)
}

var errMuch = errors.New("it publishes more than this command reads")

func (d *download) get(ctx context.Context, path string, most int64) ([]byte, error) {
	if d.requests++; d.requests > mostRequests {
		return nil, errMuch
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base.String()+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", downloadAgent)
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, resp.Status)
	}
	most = min(most, d.left)
	text, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s: %w", path, errMuch)
	}
	d.left -= int64(len(text))
	return text, nil
}

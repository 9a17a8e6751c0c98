package push

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

var keyIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// checkHeader lets only tokens through that say what Google's say: RS256, a key id, nothing else. It runs before any
// library sees them.
func checkHeader(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return errors.New("not three parts")
	}
	for _, p := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(p); err != nil {
			return errors.New("a part is not base64url")
		}
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil {
		return errors.New("header is not base64url")
	}
	header, err := flatObject(raw)
	if err != nil {
		return err
	}
	typ, typed := header["typ"]
	switch {
	case header["alg"] != "RS256":
		return errors.New("not RS256")
	case !keyIDForm.MatchString(header["kid"]):
		return errors.New("no key id")
	case typed && typ != "JWT":
		return errors.New("another type of token")
	}
	return nil
}

// flatObject reads a JSON object of the known texts only: no other name, no name twice, nothing after it.
func flatObject(raw []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("header is no object")
	}
	fields := map[string]string{}
	for d.More() {
		name, err := text(d)
		if err != nil {
			return nil, err
		}
		value, err := text(d)
		if err != nil {
			return nil, err
		}
		if _, twice := fields[name]; twice || (name != "alg" && name != "kid" && name != "typ") {
			return nil, errors.New("header has a name twice, or one that does not belong there")
		}
		fields[name] = value
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return nil, errors.New("header does not end")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("header goes on after its end")
	}
	return fields, nil
}

func text(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", fmt.Errorf("header is not JSON: %w", err)
	}
	s, ok := t.(string)
	if !ok {
		return "", errors.New("header holds something other than text")
	}
	return s, nil
}

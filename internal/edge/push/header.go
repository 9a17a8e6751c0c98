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

// checkHeader accepts only tokens whose header is like that of Google's tokens: RS256, a key id, and nothing else. It
// runs before any library parses the token.
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

// flatObject parses a JSON object that has only known names, each at most once, with texts as values.
func flatObject(raw []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("header is not an object")
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
			return nil, errors.New("header has an unknown or repeated name")
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

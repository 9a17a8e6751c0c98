package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat is the library's format for JSON: it rejects unknown fields, and writes an answer only when it is
// complete.
var jsonFormat = huma.Format{Marshal: writeJSON, Unmarshal: readJSON}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBuffer = 256 << 10 // larger buffers are not reused

// writeJSON encodes to memory first, so that an answer that cannot be encoded is not half sent.
func writeJSON(w io.Writer, v any) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer func() {
		if b.Cap() <= keptBuffer {
			buffers.Put(b)
		}
	}()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// readJSON takes one JSON value with known fields only. Its errors are sentences for the client and repeat no value.
func readJSON(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return errors.New(unreadable(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		//lint:ignore ST1005 a sentence for a person
		return errors.New("There is more text after the end of the JSON value.")
	}
	return nil
}

func unreadable(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return fmt.Sprintf("The field %q must be %s, not %s.", wrongType.Field, article(wrongType.Type.Kind().String()),
			wordOf(wrongType.Value))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "There is no field " + name + " here."
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("The body is not valid JSON: see byte %d.", syntax.Offset)
	}
	return "The body is not the JSON that is expected here."
}

func article(kind string) string {
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "a list"
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	}
	return "a number"
}

// wordOf is the kind of a JSON value without the value: encoding/json says "number 12".
func wordOf(value string) string {
	word, _, _ := strings.Cut(value, " ")
	return word
}

package factor

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

// fill gives every exported field a value of its own, so that one that is lost on the way shows.
func fill(t *testing.T, v reflect.Value, depth int) {
	t.Helper()
	if depth > 12 {
		return
	}
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i), depth+1)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, depth+1)
		fill(t, value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("filled")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf("filled"))
		}
	}
}

// The library's credential and its session are stored as a whole: a field that a later version of it adds must survive,
// too.
func TestCredentialAndSessionSurvive(t *testing.T) {
	t.Parallel()
	credential, session := &webauthn.Credential{}, &webauthn.SessionData{}
	for _, value := range []any{credential, session} {
		fill(t, reflect.ValueOf(value).Elem(), 0)
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		kept := Set{Passkeys: []Passkey{{Credential: text}}}
		body, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		var read Set
		if err := json.Unmarshal(body, &read); err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		if err := json.Unmarshal(read.Passkeys[0].Credential, back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(value, back) {
			t.Errorf("stored %+v\nread   %+v", value, back)
		}
	}
}

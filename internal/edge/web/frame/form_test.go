package frame

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
)

func formRequest(ts *testSite, body url.Values) *Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return ts.newRequest(httptest.NewRecorder(), r, &Route{Name: "form"})
}

var testForm = FormSpec{
	{Name: "name", Kind: KindText, Label: "form.now", Max: 5},
	{Name: "email", Kind: KindEmail, Label: "form.now", Optional: true},
	{Name: "password", Kind: KindPassword, Label: "form.now", Max: 20},
	{Name: "note", Kind: KindArea, Label: "form.now", Optional: true},
	{Name: "role", Kind: KindSelect, Label: "form.now", Optional: true, Options: []Option{{Value: "a", Text: "A"},
		{Value: "b", Text: "B"}}},
	{Name: "scopes", Kind: KindChecks, Label: "form.now", Optional: true, Options: []Option{{Value: "x"},
		{Value: "y"}}},
	{Name: "sure", Kind: KindCheck, Label: "form.now"},
}

func TestFormFields(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase)
	tests := []struct {
		field, value, want string
	}{
		{"name", "Clara", ""}, {"name", "  Clara ", ""}, {"name", "Clärä", ""}, {"name", "Claras", "form.too-long"},
		{"name", "", "form.required"}, {"name", "   ", "form.required"},
		{"name", "a\x00b", "form.characters"}, {"name", "a\x01b", "form.characters"},
		{"name", "\xff", "form.characters"},
		{"email", "a@b.example", ""}, {"email", "a@b", "form.email"}, {"email", "A <a@b.example>", "form.email"},
		{"email", "a@b.example, c@d.example", "form.email"}, {"email", "@.", "form.email"},
		{"password", "  spaces stay  ", ""}, {"password", "nul\x00inside", ""}, {"password", strings.Repeat("p", 21),
			"form.too-long"},
		{"note", "a\nb", ""}, {"note", "a\x1b[31m", "form.characters"},
		{"role", "b", ""}, {"role", "c", "form.not-an-option"}, {"scopes", "y", ""},
		{"scopes", "z", "form.not-an-option"},
	}
	for _, test := range tests {
		t.Run(test.field+" "+test.value, func(t *testing.T) {
			posted := url.Values{"name": {"Clara"}, "password": {"p"}}
			posted.Set(test.field, test.value)
			form, err := testForm.Read(formRequest(ts, posted), nil)
			if err != nil {
				t.Fatal(err)
			}
			field := form.Field(test.field)
			if test.want == "" && form.Failed() {
				t.Fatalf("refused: %q", form.Problems())
			}
			if test.want != "" && (field.Error == "" || !strings.HasPrefix(field.Error, strings.SplitN(ts.T(test.want),
				"{", 2)[0])) {
				t.Fatalf("error %q, want %q", field.Error, ts.T(test.want))
			}
		})
	}
}

func TestFormKeepsInputButNoPasswords(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase)
	form, err := testForm.Read(formRequest(ts, url.Values{"name": {"<b>"}, "password": {" swordfish "}, "email": {"x"},
		"scopes": {"y"}, "role": {"b"}, "sure": {"yes"}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("password") != " swordfish " || !form.Is("sure") || form.All("scopes")[0] != "y" {
		t.Error("values are lost")
	}
	var out strings.Builder
	if err := ts.view.layout.ExecuteTemplate(&out, "errors", form); err != nil {
		t.Fatal(err)
	}
	if err := ts.view.layout.ExecuteTemplate(&out, "fields", form); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`value="&lt;b&gt;"`, `<option value="b" selected>`, `value="y" checked`,
		`href="#f-email"`, `aria-invalid="true" aria-describedby="f-email-problem"`,
		`role="alert" tabindex="-1" autofocus`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "swordfish") {
		t.Error("the password is shown again")
	}
}

func TestFormTakesRefusals(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase)
	q := formRequest(ts, nil)
	form := testForm.Blank(q, nil)
	if !form.Take(model.InvalidFields(map[string]string{"name": "Too plain."})) ||
		form.Field("name").Error != "Too plain." || form.Again(nil).status != 400 {
		t.Error("field errors are not taken")
	}
	form = testForm.Blank(q, nil)
	if !form.Take(model.Conflict("Taken.")) || form.Problem != "Taken." || form.Again(nil).status != 409 {
		t.Error("a conflict is not taken")
	}
	for _, err := range []error{model.ErrInvalid, model.ErrUnavailable, model.Denied("x"), model.Unavailable(io.EOF),
		context.Canceled} {
		if testForm.Blank(q, nil).Take(err) {
			t.Errorf("%v was taken", err)
		}
	}
}

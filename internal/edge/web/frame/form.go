package frame

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/model"
)

// FormSpec is the fields of a form in order. A handler makes a Form from it: Blank for the empty page, Read for what
// was posted.
type FormSpec []FieldSpec

// Form is a form with what was entered. The partials "errors", "fields" and "field" show it.
type Form struct {
	Fields  []*Field
	Problem string // what is wrong with the form as a whole, for the heading of the summary
	Confirm string // the value of the tick box that confirms, if something is asked
	status  int
	q       *Request
	spec    FormSpec
}

// Problem is one line of the summary of errors.
type Problem struct{ Anchor, Text string }

// Blank is the form as it is first shown, with values by name if there are any yet.
func (s FormSpec) Blank(q *Request, values map[string]string) *Form {
	form := s.form(q)
	for name, value := range values {
		form.Set(name, value)
	}
	return form
}

func (s FormSpec) form(q *Request) *Form {
	form := &Form{q: q, spec: s}
	for _, spec := range s {
		form.Fields = append(form.Fields, spec.field(q))
	}
	return form
}

func (s FieldSpec) field(q *Request) *Field {
	f := &Field{
		Name: s.Name, Kind: s.Kind, ID: "f-" + s.Name, Max: s.limit(), Rows: s.Rows,
		Required: !s.Optional, Optional: s.Optional && s.Kind != KindCheck, Plain: s.Plain || s.Kind == KindEmail,
		Autocomplete: s.Autocomplete, InputMode: s.InputMode, Width: s.Width, Options: slices.Clone(s.Options),
	}
	if s.Label != "" {
		f.Label = q.T(s.Label)
	}
	if s.Hint != "" {
		f.Hint = q.T(s.Hint)
	}
	if place := q.Place; s.Clock && place != nil && place.Zone != nil {
		f.Now = place.Zone.String()
	}
	if s.Zone {
		f.List, f.Guess = commonZones, "zone"
	}
	return f
}

// Parse reads a posted form, once.
func (q *Request) Parse() error {
	if q.PostForm != nil {
		return nil
	}
	err := q.ParseForm()
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &model.Error{Kind: model.ErrTooLarge, Cause: err}
	case err != nil:
		return &model.Error{Kind: model.ErrInvalid, Public: q.T("form.unreadable"), Cause: err}
	}
	return nil
}

// Read reads and checks what was posted. It returns an error if the body cannot be read, for example because it is too
// large. Problems with the fields are in the form: see Failed.
func (s FormSpec) Read(q *Request, options map[string][]Option) (*Form, error) {
	if err := q.Parse(); err != nil {
		return nil, err
	}
	form := s.form(q)
	for i, spec := range s {
		if given, ok := options[spec.Name]; ok {
			form.Fields[i].Options = slices.Clone(given)
		}
		form.read(spec, form.Fields[i], q.PostForm)
	}
	return form, nil
}

func (f *Form) read(spec FieldSpec, field *Field, posted url.Values) {
	values := posted[spec.Name]
	if spec.Kind != KindChecks {
		values = []string{spec.clean(posted.Get(spec.Name))}
	}
	field.Put(values)
	if spec.Kind == KindChecks && len(values) == 0 && !spec.Optional {
		f.Fail(spec.Name, f.T("form.required"))
	}
	if spec.Kind == KindCheck && values[0] == "" {
		return
	}
	for _, v := range values {
		if key := spec.problem(v, field.Options); key != "" {
			f.Fail(spec.Name, f.T(key, spec.limit()))
		}
	}
}

// Values are what is in the field.
func (f *Field) Values() []string { return f.values }

// Put sets values to be shown again, except those of passwords.
func (f *Field) Put(values []string) {
	f.values = values
	if f.Kind != KindPassword && len(values) > 0 {
		f.Value = values[0]
	}
	for i, o := range f.Options {
		f.Options[i].Chosen = slices.Contains(values, o.Value)
	}
}

// Field is the field of a name, for templates; nil if the form has none.
func (f *Form) Field(name string) *Field {
	for _, field := range f.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// Get is the value of a field.
func (f *Form) Get(name string) string {
	if field := f.Field(name); field != nil && len(field.values) > 0 {
		return field.values[0]
	}
	return ""
}

// All are the values of a field with several.
func (f *Form) All(name string) []string {
	if field := f.Field(name); field != nil {
		return field.values
	}
	return nil
}

// Is reports whether a single box is ticked.
func (f *Form) Is(name string) bool { return f.Get(name) == "yes" }

// Set puts a value into a field.
func (f *Form) Set(name string, values ...string) {
	if field := f.Field(name); field != nil {
		field.Put(values)
	}
}

// Offer sets what can be chosen in a field, keeping what is chosen.
func (f *Form) Offer(name string, options []Option) {
	if field := f.Field(name); field != nil {
		field.Options = slices.Clone(options)
		field.Put(field.values)
	}
}

// Fail marks a field as wrong, or the whole form if it has no such field. If a field fails twice, the first text stays.
func (f *Form) Fail(name, text string) {
	if f.status == 0 {
		f.status = http.StatusBadRequest
	}
	field := f.Field(name)
	if field == nil {
		f.Problem = text
		return
	}
	if f.Problem == "" {
		f.Problem = f.T("form.problem")
	}
	if field.Error == "" {
		field.Error = text
	}
}

// Failed reports whether something is wrong.
func (f *Form) Failed() bool { return f.status != 0 }

// Problems are the lines of the summary.
func (f *Form) Problems() []Problem {
	var problems []Problem
	for _, field := range f.Fields {
		if field.Error != "" {
			problems = append(problems, Problem{field.ID, cmp.Or(field.Full, field.Label) + ": " + field.Error})
		}
	}
	return problems
}

// Take puts the refusal of a use case into the form. It returns false if the person cannot correct it in this form.
func (f *Form) Take(err error) bool {
	status := statusOf(err)
	if model.PublicText(err) == "" || !slices.Contains([]int{http.StatusBadRequest, http.StatusConflict,
		http.StatusTooManyRequests, http.StatusPreconditionFailed}, status) {
		return false
	}
	for name, text := range model.FieldTexts(err) {
		f.Fail(name, text)
	}
	f.Confirm = model.ConfirmOf(err)
	if f.Problem == "" || len(model.FieldTexts(err)) == 0 || errors.Is(err, model.ErrDoubtful) {
		f.Problem = model.PublicText(err)
	}
	if errors.Is(err, model.ErrReused) {
		f.Set("id", model.NewID()) // sent again, the form makes a new thing
	}
	f.status = status
	return true
}

// Confirmed is the value of the tick box with which the person confirmed.
func (f *Form) Confirmed() string { return f.q.PostForm.Get("confirm") }

// Again shows the page with the form once more, with the status of what is wrong.
func (f *Form) Again(p Page) Answer { return ShowAs(max(f.status, http.StatusBadRequest), p) }

// Page shows a page with the form, with the status of what is wrong, if anything is.
func (f *Form) Page(p Page) Answer { return ShowAs(max(f.status, http.StatusOK), p) }

// Number is the whole number in a field, or fails the field.
func (f *Form) Number(name string, from, to int) int {
	n, err := strconv.Atoi(f.Get(name))
	if err != nil || n < from || n > to {
		f.Fail(name, f.T("form.number", from, to))
	}
	return n
}

// Version is the version that the form was made from; 0 means any.
func (f *Form) Version() int64 {
	n, _ := strconv.ParseInt(f.Get("version"), 10, 64)
	return n
}

// Given is what a field holds, for inputs of which nil stays as it is.
func (f *Form) Given(name string) *string {
	v := f.Get(name)
	return &v
}

// ChosenID is the id that the form was made with, so that a form sent twice makes one document.
func (f *Form) ChosenID() string {
	if id := f.Get("id"); model.ValidID(id) {
		return id
	}
	return model.NewID()
}

// TakeAs takes a refusal whose fields have other names in the form.
func (f *Form) TakeAs(err error, name func(string) string) bool {
	var e *model.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return f.Take(err)
	}
	fields := make(map[string]string, len(e.Fields))
	for field, text := range e.Fields {
		fields[name(field)] = text
	}
	return f.Take(&model.Error{Kind: e.Kind, Public: e.Public, Fields: fields, Confirm: e.Confirm, Cause: err})
}

// FailWith marks a field as wrong with the public text of an error. Without an error it does nothing.
func (f *Form) FailWith(name string, err error) {
	if err != nil {
		f.Fail(name, model.PublicText(err))
	}
}

// Forgive removes all problems that were found so far.
func (f *Form) Forgive() {
	f.status, f.Problem = 0, ""
	for _, field := range f.Fields {
		field.Error = ""
	}
}

// spill moves problems of hidden fields, which nobody can see, to the heading of the summary.
func (f *Form) spill() {
	for _, field := range f.Fields {
		if field.Kind == KindHidden && field.Error != "" {
			f.Problem, field.Error = field.Error, ""
		}
	}
}

// Status is that of an answer with the form: 0 if nothing is wrong.
func (f *Form) Status() int { return f.status }

// T is a sentence of the catalog.
func (f *Form) T(key string, args ...any) string { return f.q.T(key, args...) }

// ReadQuery reads and checks the parameters of the address.
func (s FormSpec) ReadQuery(q *Request, options map[string][]Option) *Form {
	form := s.form(q)
	given := q.URL.Query()
	for i, spec := range s {
		if list, ok := options[spec.Name]; ok {
			form.Fields[i].Options = slices.Clone(list)
		}
		form.read(spec, form.Fields[i], given)
	}
	return form
}

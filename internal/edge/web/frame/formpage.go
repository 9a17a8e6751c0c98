package frame

// FormPage is a page that is mostly one form; without fields, it asks whether something should really be done.
type FormPage struct {
	Base
	Title, Lead    string
	Tabs           []Tab
	Sheet, Danger  bool
	Form           *Form
	Notices        []Notice
	Action, Submit string
	As             string // the mark of the account that the form is made for
	Cancel         string
	Links          []TextLink
	ID             string   // the id to give to the operator
	Passkey        *Passkey // a passkey may answer instead; nil if none can
}

// Passkey is a button with which a passkey answers instead of the fields. A script asks for a challenge at the path,
// and sends the form with what the passkey answered. Without the script the button is not shown.
type Passkey struct {
	Path, Text  string
	Make        bool   // a passkey is made, and not used
	Field, Step string // names of hidden fields for the answer and the step that it belongs to
}

// Template names the page.
func (*FormPage) Template() string { return "frame/form" }

// SetWriter puts the mark of the writer's account into the form.
func (p *FormPage) SetWriter(mark string) { p.As = mark }

// MessagePage says something, and where to go on.
type MessagePage struct {
	Base
	Title        string
	Lines        []string
	Path, Action string
}

// Template names the page.
func (*MessagePage) Template() string { return "frame/message" }

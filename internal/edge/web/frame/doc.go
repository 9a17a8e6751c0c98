// Package frame is what all pages share: the route table, the handling of requests, forms, errors, rendering.
//
// It must never depend on a subject. What it needs of one, such as an entry of the menu, is in the subject's Subject.
//
// # How a request is handled
//
// Site.Handler wraps everything, unknown paths too: Shell (request id, log line, panics, deadline, host, https), then
// headers, then guard (cross-origin and fetch metadata), then the router. The class of a route (Open, Public, Account,
// Member) decides who must be signed in before its handler runs. The handler parses, calls one use case and answers
// with a page or a redirect. Errors are returned; errors.go turns them into statuses and pages, by one table.
//
// If the matrix marks the action of a form as proven, and no password was given in the session for a while, the answer
// is a page that asks for the password and carries the form (proof.go). The handler does not notice. Such a form must
// have no password field of its own, or set Asks in its row.
//
// # Adding a page
//
// Say, the list of productions, in the package productions. Its Go file holds the struct, the handler and the row:
//
//	type ProductionsPage struct {
//		frame.Base
//		Rows  []ProductionRow
//		Pager frame.Pager
//	}
//
//	func (*ProductionsPage) Template() string { return "productions/productions" }
//
//	func (s *pages) showProductions(q *frame.Request) (frame.Answer, error) { … frame.Show(page) … }
//
//	{Name: "productions", Method: "GET", Path: "/w/{ws}/productions", For: frame.Member,
//		Action: access.ProductionList, Handle: s.showProductions, Page: &ProductionsPage{}},
//
// Action is the action that the gate will be asked for: a caller who may not do it is refused, with an audit entry,
// before the form is parsed. Ahead: "productions:production" reads the document of that kind, with the id of that path
// variable, in one batch with the session. Page is a value of the page that the handler shows, unless another row has
// it.
//
// Its template templates/pages/productions/productions.html has {{define "title"}} and {{define "main"}}; the dot of
// both is the struct. One h1 in "main". Base gives {{.WS}} (the path "/w/…" of the workspace),
// {{.May "production.create"}}, {{.When t}}, {{.Day t}}, {{.Clock t}}. Functions: t "key" args…, tn "key" n args…,
// icon "name", asset "name". Parts: empty, badge, pager, notice, when, tabs, post, facts; errors, fields, field (see
// templates/partials). A test type-checks every page against its template and fails for a template without a page.
//
// Its words are in templates/text/en/productions.json; a test finds missing and unused ones.
//
// A form is a FormSpec: see form.go; a handler reads it, shows the page again if Failed, calls the use case, lets the
// form Take a refusal that the person can correct, and redirects. A script may post the same form for an autosave:
// answer it with JSON. A success message is a flash: q.Flash("report.trashed", id) shows the text
// "flash.report.trashed" on the next page, with an undo button if the subject's Undo knows the code.
//
// # Adding a subject
//
// A package below internal/edge/web with a function Subject, which takes the use cases as interfaces that the package
// declares, and gives the routes, and what the frame shows of them: entries of the menu, paths of undo buttons. Its
// templates are in templates/pages/<name>, its words in templates/text/en/<name>.json. One line in web.go mounts it.
//
// Tests visit pages with webtest: a site on a real gate, companies with one person per role, and browsers that keep
// cookies.
package frame

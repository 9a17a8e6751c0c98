// Package web is the browser's side of the product: the route table, the frame around every request, pages and forms.
//
// It must never reach a document but through a use case, decide who may do what, import a cloud's library, or put a
// text of an error in front of a person that was not written for people.
//
// # The way of a request
//
// Site.Handler wraps everything, unknown paths too: Shell (request id, log line, panics, deadline, host, https), then
// headers, then guard (cross-origin and fetch metadata), then the router. The router's class of a route (Open, Public,
// Account, Member) decides who has to be known before its handler runs; the handler parses, calls one use case and
// answers with a page or a redirect. Errors are returned; one table in errors.go makes statuses and pages of them.
//
// A form whose action the matrix marks as proven is answered, if nobody gave a password in its session for a while,
// with a page that asks for it and carries the form along (people_proof.go); its handler knows nothing of that. It must
// have no field for a password of its own, or say Asks in its row.
//
// # Adding a page
//
// Say, the list of productions.
//
//  1. A page struct in stage_productions.go: it embeds Base and names its template.
//
//     type ProductionsPage struct {
//     Base
//     Rows  []ProductionRow
//     Pager Pager
//     }
//
//     func (*ProductionsPage) Template() string { return "stage/productions" }
//
//  2. Its template templates/pages/stage/productions.html with {{define "title"}} and {{define "main"}}; the dot of
//     both is the
//     struct. One h1 in "main". Base gives {{.WS}} (the path "/w/…" of the workspace), {{.May "production.create"}}, {{.When t}},
//     {{.Day t}}, {{.Clock t}}. Functions: t "key" args…, tn "key" n args…, icon "name", asset "name". Parts: empty, badge, pager,
//     notice, when; errors, fields, field (see templates/partials).
//
//  3. Its words in templates/text/en/stage.json; a test finds missing and unused ones.
//
//  4. A handler, func(q *Request) (Answer, error), and its row in a function that gives []Route. Write the action that
//     the gate will
//     be asked for in the row: a caller who may not do it is refused, with an audit entry, before the form is even read.
//     Ahead: "productions:production" reads the document of that kind with the id of that path variable together with the session.
//
//  5. The page in the list of page values (stagePages) and the routes in Site.routes. The test of templates type-checks
//     every listed
//     page against its template and fails for a template without a page.
//
// Tests visit pages with webtest: a site on a real gate, companies with one person per role, and browsers that keep
// cookies.
//
// A form is a FormSpec: see form.go; a handler reads it, shows the page again if Failed, calls the use case, lets the
// form Take a refusal that the person can correct, and redirects. A script may post the same form for an autosave:
// answer it with JSON. A success message is a flash: q.Flash("report.trashed", id) shows the text
// "flash.report.trashed" on the next page, with an undo button if undoPaths knows the code.
package web

package reports

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

const draftBody = 1 << 20 // a report with many long notes, as a form

func (s *pages) draftRoutes() []frame.Route {
	return []frame.Route{
		{Name: "reports.new", Method: "GET", Path: "/w/{ws}/reports/new", For: frame.Member,
			Action: access.ReportCreate,
			Handle: s.showNewReport, Page: &StartPage{}},
		{Name: "report.edit", Method: "GET", Path: "/w/{ws}/reports/{report}/edit", For: frame.Member,
			Action: access.ReportUpdate, Ahead: "reports:report", Handle: s.showEditReport, Page: &DraftPage{}},
		{Name: "report.edit.do", Method: "POST", Path: "/w/{ws}/reports/{report}/edit", For: frame.Member,
			Action: access.ReportUpdate, MaxBody: draftBody, Words: true, Handle: s.editReport},
		{Name: "report.autosave", Method: "POST", Path: "/w/{ws}/reports/{report}/autosave", For: frame.Member,
			Action: access.ReportUpdate, MaxBody: draftBody, Words: true, Handle: s.autosaveReport},
		{Name: "report.check", Method: "GET", Path: "/w/{ws}/reports/{report}/check", For: frame.Member,
			Action: access.ReportFile, Ahead: "reports:report", Handle: s.showCheck, Page: &CheckPage{}},
		{Name: "report.file", Method: "POST", Path: "/w/{ws}/reports/{report}/file", For: frame.Member,
			Action: access.ReportFile, Handle: s.fileReport},
		{Name: "report.filed", Method: "GET", Path: "/w/{ws}/reports/{report}/filed", For: frame.Member,
			Action: access.ReportRead, Ahead: "reports:report", Handle: s.showFiled, Page: &FiledPage{}},
	}
}

func (s *pages) reportRoutes() []frame.Route {
	return []frame.Route{
		{Name: "reports", Method: "GET", Path: "/w/{ws}/reports", For: frame.Member, Action: access.ReportList,
			Handle: s.showReports, Page: &ReportsPage{}},
		{Name: "report", Method: "GET", Path: "/w/{ws}/reports/{report}", For: frame.Member, Action: access.ReportRead,
			Ahead: "reports:report", Handle: s.showReport, Page: &ReportPage{}},
		{Name: "report.accept", Method: "POST", Path: "/w/{ws}/reports/{report}/accept", For: frame.Member,
			Action: access.ReportAccept, Handle: s.acceptReport},
		{Name: "report.query", Method: "GET", Path: "/w/{ws}/reports/{report}/query", For: frame.Member,
			Action: access.ReportQuery, Ahead: "reports:report", Handle: s.showQuery},
		{Name: "report.query.do", Method: "POST", Path: "/w/{ws}/reports/{report}/query", For: frame.Member,
			Action: access.ReportQuery, Words: true, Handle: s.queryReport},
		{Name: "report.amend", Method: "GET", Path: "/w/{ws}/reports/{report}/amend", For: frame.Member,
			Action: access.ReportAmend, Ahead: "reports:report", Handle: s.showAmend},
		{Name: "report.amend.do", Method: "POST", Path: "/w/{ws}/reports/{report}/amend", For: frame.Member,
			Action: access.ReportAmend, MaxBody: draftBody, Words: true, Handle: s.amendReport},
		{Name: "report.trash", Method: "POST", Path: "/w/{ws}/reports/{report}/trash", For: frame.Member,
			Action: access.ReportTrash, Handle: s.trashReport},
		{Name: "report.restore", Method: "POST", Path: "/w/{ws}/reports/{report}/restore", For: frame.Member,
			Action: access.ReportRestore, Handle: s.restoreReport},
		{Name: "report.versions", Method: "GET", Path: "/w/{ws}/reports/{report}/versions", For: frame.Member,
			Action: access.ReportRead, Ahead: "reports:report", Handle: s.showVersions, Page: &VersionsPage{}},
		{Name: "report.seen", Method: "GET", Path: "/w/{ws}/reports/{report}/seen", For: frame.Member,
			Action: access.ReportSeen, Ahead: "reports:report", Handle: s.showSeen, Page: &SeenPage{}},
	}
}

package web

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
)

const (
	draftBody   = 1 << 20 // a report with many long notes, as a form
	runDeadline = 8 * time.Second
)

// stageRoutes are the pages about productions, performances, reports and the trash.
func (s *Site) stageRoutes() []Route {
	return slices.Concat(s.productionRoutes(), s.performanceRoutes(), s.draftRoutes(), s.reportRoutes(), []Route{
		{Name: "trash", Method: "GET", Path: "/w/{ws}/trash", For: Member, Action: access.TrashList,
			Handle: s.showTrash},
	})
}

func (s *Site) productionRoutes() []Route {
	return []Route{
		{Name: "productions", Method: "GET", Path: "/w/{ws}/productions", For: Member, Action: access.ProductionList,
			Handle: s.showProductions},
		{Name: "productions.new", Method: "GET", Path: "/w/{ws}/productions/new", For: Member,
			Action: access.ProductionCreate, Handle: s.showNewProduction},
		{Name: "productions.create", Method: "POST", Path: "/w/{ws}/productions", For: Member,
			Action: access.ProductionCreate, Words: true, Handle: s.createProduction},
		{Name: "production", Method: "GET", Path: "/w/{ws}/productions/{production}", For: Member,
			Action: access.ProductionRead, Ahead: "productions:production", Handle: s.showProduction},
		{Name: "production.edit", Method: "GET", Path: "/w/{ws}/productions/{production}/edit", For: Member,
			Action: access.ProductionUpdate, Ahead: "productions:production", Handle: s.showEditProduction},
		{Name: "production.edit.do", Method: "POST", Path: "/w/{ws}/productions/{production}/edit", For: Member,
			Action: access.ProductionUpdate, Words: true, Handle: s.editProduction},
		{Name: "production.trash", Method: "POST", Path: "/w/{ws}/productions/{production}/trash", For: Member,
			Action: access.ProductionTrash, Handle: s.trashProduction},
		{Name: "production.restore", Method: "POST", Path: "/w/{ws}/productions/{production}/restore", For: Member,
			Action: access.ProductionTrash, Handle: s.restoreProduction},
		{Name: "performances.new", Method: "GET", Path: "/w/{ws}/productions/{production}/performances/new",
			For: Member, Action: access.PerformanceCreate, Ahead: "productions:production",
			Handle: s.showNewPerformance},
		{Name: "performances.create", Method: "POST", Path: "/w/{ws}/productions/{production}/performances",
			For: Member, Action: access.PerformanceCreate, Words: true, Handle: s.createPerformance},
		{Name: "run.new", Method: "GET", Path: "/w/{ws}/productions/{production}/run", For: Member,
			Action: access.PerformanceCreate, Ahead: "productions:production", Handle: s.showNewRun},
		{Name: "run.create", Method: "POST", Path: "/w/{ws}/productions/{production}/run", For: Member,
			Action: access.PerformanceCreate, Timeout: runDeadline, Words: true, Handle: s.createRun},
	}
}

func (s *Site) performanceRoutes() []Route {
	return []Route{
		{Name: "performance", Method: "GET", Path: "/w/{ws}/performances/{performance}", For: Member,
			Action: access.PerformanceRead, Ahead: "performances:performance", Handle: s.showPerformance},
		{Name: "performance.edit", Method: "GET", Path: "/w/{ws}/performances/{performance}/edit", For: Member,
			Action: access.PerformanceUpdate, Ahead: "performances:performance", Handle: s.showEditPerformance},
		{Name: "performance.edit.do", Method: "POST", Path: "/w/{ws}/performances/{performance}/edit", For: Member,
			Action: access.PerformanceUpdate, Words: true, Handle: s.editPerformance},
		{Name: "performance.cancel", Method: "POST", Path: "/w/{ws}/performances/{performance}/cancel", For: Member,
			Action: access.PerformanceUpdate, Handle: s.cancelPerformance},
		{Name: "performance.reinstate", Method: "POST", Path: "/w/{ws}/performances/{performance}/reinstate",
			For: Member, Action: access.PerformanceUpdate, Handle: s.reinstatePerformance},
		{Name: "performance.trash", Method: "POST", Path: "/w/{ws}/performances/{performance}/trash", For: Member,
			Action: access.PerformanceTrash, Handle: s.trashPerformance},
		{Name: "performance.restore", Method: "POST", Path: "/w/{ws}/performances/{performance}/restore", For: Member,
			Action: access.PerformanceTrash, Handle: s.restorePerformance},
	}
}

func (s *Site) draftRoutes() []Route {
	return []Route{
		{Name: "reports.new", Method: "GET", Path: "/w/{ws}/reports/new", For: Member, Action: access.ReportCreate,
			Handle: s.showNewReport},
		{Name: "report.edit", Method: "GET", Path: "/w/{ws}/reports/{report}/edit", For: Member,
			Action: access.ReportUpdate, Ahead: "reports:report", Handle: s.showEditReport},
		{Name: "report.edit.do", Method: "POST", Path: "/w/{ws}/reports/{report}/edit", For: Member,
			Action: access.ReportUpdate, MaxBody: draftBody, Words: true, Handle: s.editReport},
		{Name: "report.autosave", Method: "POST", Path: "/w/{ws}/reports/{report}/autosave", For: Member,
			Action: access.ReportUpdate, MaxBody: draftBody, Words: true, Handle: s.autosaveReport},
		{Name: "report.check", Method: "GET", Path: "/w/{ws}/reports/{report}/check", For: Member,
			Action: access.ReportFile, Ahead: "reports:report", Handle: s.showCheck},
		{Name: "report.file", Method: "POST", Path: "/w/{ws}/reports/{report}/file", For: Member,
			Action: access.ReportFile, Handle: s.fileReport},
		{Name: "report.filed", Method: "GET", Path: "/w/{ws}/reports/{report}/filed", For: Member,
			Action: access.ReportRead, Ahead: "reports:report", Handle: s.showFiled},
	}
}

func (s *Site) reportRoutes() []Route {
	return []Route{
		{Name: "reports", Method: "GET", Path: "/w/{ws}/reports", For: Member, Action: access.ReportList,
			Handle: s.showReports},
		{Name: "report", Method: "GET", Path: "/w/{ws}/reports/{report}", For: Member, Action: access.ReportRead,
			Ahead: "reports:report", Handle: s.showReport},
		{Name: "report.accept", Method: "POST", Path: "/w/{ws}/reports/{report}/accept", For: Member,
			Action: access.ReportAccept, Handle: s.acceptReport},
		{Name: "report.query", Method: "GET", Path: "/w/{ws}/reports/{report}/query", For: Member,
			Action: access.ReportQuery, Ahead: "reports:report", Handle: s.showQuery},
		{Name: "report.query.do", Method: "POST", Path: "/w/{ws}/reports/{report}/query", For: Member,
			Action: access.ReportQuery, Words: true, Handle: s.queryReport},
		{Name: "report.amend", Method: "GET", Path: "/w/{ws}/reports/{report}/amend", For: Member,
			Action: access.ReportAmend, Ahead: "reports:report", Handle: s.showAmend},
		{Name: "report.amend.do", Method: "POST", Path: "/w/{ws}/reports/{report}/amend", For: Member,
			Action: access.ReportAmend, MaxBody: draftBody, Words: true, Handle: s.amendReport},
		{Name: "report.trash", Method: "POST", Path: "/w/{ws}/reports/{report}/trash", For: Member,
			Action: access.ReportTrash, Handle: s.trashReport},
		{Name: "report.restore", Method: "POST", Path: "/w/{ws}/reports/{report}/restore", For: Member,
			Action: access.ReportRestore, Handle: s.restoreReport},
		{Name: "report.versions", Method: "GET", Path: "/w/{ws}/reports/{report}/versions", For: Member,
			Action: access.ReportRead, Ahead: "reports:report", Handle: s.showVersions},
		{Name: "report.seen", Method: "GET", Path: "/w/{ws}/reports/{report}/seen", For: Member,
			Action: access.ReportSeen, Ahead: "reports:report", Handle: s.showSeen},
	}
}

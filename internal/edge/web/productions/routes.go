package productions

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

const runDeadline = 8 * time.Second

func (s *pages) productionRoutes() []frame.Route {
	return []frame.Route{
		{Name: "productions", Method: "GET", Path: "/w/{ws}/productions", For: frame.Member,
			Action: access.ProductionList,
			Handle: s.showProductions, Page: &ProductionsPage{}},
		{Name: "productions.new", Method: "GET", Path: "/w/{ws}/productions/new", For: frame.Member,
			Action: access.ProductionCreate, Handle: s.showNewProduction},
		{Name: "productions.create", Method: "POST", Path: "/w/{ws}/productions", For: frame.Member,
			Action: access.ProductionCreate, Words: true, Handle: s.createProduction},
		{Name: "production", Method: "GET", Path: "/w/{ws}/productions/{production}", For: frame.Member,
			Action: access.ProductionRead, Ahead: "productions:production", Handle: s.showProduction,
			Page: &ProductionPage{}},
		{Name: "production.edit", Method: "GET", Path: "/w/{ws}/productions/{production}/edit", For: frame.Member,
			Action: access.ProductionUpdate, Ahead: "productions:production", Handle: s.showEditProduction},
		{Name: "production.edit.do", Method: "POST", Path: "/w/{ws}/productions/{production}/edit", For: frame.Member,
			Action: access.ProductionUpdate, Words: true, Handle: s.editProduction},
		{Name: "production.trash", Method: "POST", Path: "/w/{ws}/productions/{production}/trash", For: frame.Member,
			Action: access.ProductionTrash, Handle: s.trashProduction},
		{Name: "production.restore", Method: "POST", Path: "/w/{ws}/productions/{production}/restore",
			For:    frame.Member,
			Action: access.ProductionTrash, Handle: s.restoreProduction},
		{Name: "performances.new", Method: "GET", Path: "/w/{ws}/productions/{production}/performances/new",
			For: frame.Member, Action: access.PerformanceCreate, Ahead: "productions:production",
			Handle: s.showNewPerformance},
		{Name: "performances.create", Method: "POST", Path: "/w/{ws}/productions/{production}/performances",
			For: frame.Member, Action: access.PerformanceCreate, Words: true, Handle: s.createPerformance},
		{Name: "run.new", Method: "GET", Path: "/w/{ws}/productions/{production}/run", For: frame.Member,
			Action: access.PerformanceCreate, Ahead: "productions:production", Handle: s.showNewRun},
		{Name: "run.create", Method: "POST", Path: "/w/{ws}/productions/{production}/run", For: frame.Member,
			Action: access.PerformanceCreate, Timeout: runDeadline, Words: true, Handle: s.createRun},
	}
}

func (s *pages) performanceRoutes() []frame.Route {
	return []frame.Route{
		{Name: "performance", Method: "GET", Path: "/w/{ws}/performances/{performance}", For: frame.Member,
			Action: access.PerformanceRead, Ahead: "performances:performance", Handle: s.showPerformance,
			Page: &PerformancePage{}},
		{Name: "performance.edit", Method: "GET", Path: "/w/{ws}/performances/{performance}/edit", For: frame.Member,
			Action: access.PerformanceUpdate, Ahead: "performances:performance", Handle: s.showEditPerformance},
		{Name: "performance.edit.do", Method: "POST", Path: "/w/{ws}/performances/{performance}/edit",
			For:    frame.Member,
			Action: access.PerformanceUpdate, Words: true, Handle: s.editPerformance},
		{Name: "performance.cancel", Method: "POST", Path: "/w/{ws}/performances/{performance}/cancel",
			For:    frame.Member,
			Action: access.PerformanceUpdate, Handle: s.cancelPerformance},
		{Name: "performance.reinstate", Method: "POST", Path: "/w/{ws}/performances/{performance}/reinstate",
			For: frame.Member, Action: access.PerformanceUpdate, Handle: s.reinstatePerformance},
		{Name: "performance.trash", Method: "POST", Path: "/w/{ws}/performances/{performance}/trash", For: frame.Member,
			Action: access.PerformanceTrash, Handle: s.trashPerformance},
		{Name: "performance.restore", Method: "POST", Path: "/w/{ws}/performances/{performance}/restore",
			For:    frame.Member,
			Action: access.PerformanceTrash, Handle: s.restorePerformance},
	}
}

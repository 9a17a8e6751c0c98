package workspace_test

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

func filters(a access.Action) []audit.Filter { return []audit.Filter{{Action: a}} }

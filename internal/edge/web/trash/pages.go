package trash

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// TrashPage is what was thrown away and can still be taken out.
type TrashPage struct {
	frame.Base
	Groups []TrashGroup
	Empty  *frame.Empty
}

// Template names the page.
func (*TrashPage) Template() string { return "trash/trash" }

// TrashGroup is what is in the trash of one kind.
type TrashGroup struct {
	Title string
	Rows  []TrashRow
	Pager frame.Pager
}

// TrashRow is one thing in the trash.
type TrashRow struct {
	Name, By    string
	Since, Gone frame.When
	Restore     *frame.Button // nil if a part of it is withheld from the reader
}

package files

import "time"

// The limits of files.
const (
	PartSize     = 4 << 20        // bytes of a part, except the last: it passes what limits a request
	MaxFile      = 2 << 30        // bytes of a file
	MaxPicture   = 64 << 20       // bytes of a photo that is cleaned
	MaxPerRecord = 100            // files of a report or production, those being uploaded included
	Quota        = 20 << 30       // bytes of all files of a workspace, those being uploaded included
	MaxName      = 200            // characters of a name
	UploadLife   = 24 * time.Hour // after its last part, an upload is removed

	// lateParts is longer than any request lasts: by then no part of an upload that ended is still being stored.
	lateParts = time.Hour
	// atOnce limits the parts that one process takes in at the same time. Each needs memory for itself, sealed.
	atOnce = 8
)

package app

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// googleKeepsLogs is how long a project of Google Cloud keeps its logs if nobody changes that.
const googleKeepsLogs = 30 * 24 * time.Hour

// pubSubKeeps is the longest that Pub/Sub keeps a message.
const pubSubKeeps = 31 * 24 * time.Hour

// stored is everything that this installation stores: the collections of both databases, and what is beside them. It
// fails if something does not say what it is for and how it ends.
func stored(cfg config.Config) ([]policy.DataGroup, error) {
	var all, others []policy.Stored
	for _, c := range slices.Concat(ContentCollections(), KeysCollections()) {
		s := policy.Stored{About: c.About, Place: c.Name}
		if slices.ContainsFunc(kinds(), func(k records.Declared) bool { return k.Name() == c.Name }) {
			all = append(all, s)
			continue
		}
		others = append(others, s) // after what people work with
	}
	all = append(all, others...)
	all = append(all, inBrowsers()...)
	if cfg.Local {
		all = append(all, onThisMachine()...)
	} else {
		all = append(all, atGoogle()...)
		if cfg.Mirror != "" {
			all = append(all, aCopy)
		}
	}
	return policy.Data(all, map[string]string{"session": model.Span(cfg.Session.Absolute)})
}

// aCopy is in a place that stays readable when the service is not.
var aCopy = policy.Stored{Place: "public bucket", About: model.About{Heading: model.OfService,
	Name:    "Copy of the security page",
	Purpose: "Shows the results of controls and their history also when the service does not run. Nothing of yours.",
	Until:   "Until a newer copy replaces it; the history in it for good."}}

const untilReplaced = "Until they are replaced, and after that as long as something that was made with them is valid."

func inBrowsers() []policy.Stored {
	return []policy.Stored{
		{Place: "cookie: session", About: model.About{Heading: model.OfAccount, Name: "Session cookie",
			Purpose: "Shows us which session a request belongs to.",
			Until:   "Until you sign out; {session} at the longest."}},
		{Place: "cookie: device", About: model.About{Heading: model.OfAccount, Name: "Device cookie",
			Purpose: "Shows that you have signed in with this browser before, so that others who guess at your " +
				"password cannot lock you out.",
			Until: model.Span(account.DeviceLife) + " after you signed in, or until you remove it from the browser."}},
		{Place: "browser: toh-history", About: model.About{Heading: model.OfService, Name: "Place in the history",
			Purpose: "Up to where this browser has checked the public history, so that the next check goes on from " +
				"there. It is not sent to us.",
			Until: "Until you remove it from the browser. Each check replaces it."}},
		{Place: "cookie: theme", About: model.About{Heading: model.OfAccount, Name: "Theme cookie",
			Purpose: "Shows the pages in the colours that you chose, if you chose some.",
			Until:   model.Span(frame.ThemeLife) + " after you chose, or until you follow the system again."}},
	}
}

func onThisMachine() []policy.Stored {
	return []policy.Stored{
		{Place: "secrets", About: model.About{Heading: model.OfService, Name: "Secrets of the service",
			Purpose: "Keys with which the service signs and protects what it gives out. They tell nothing about " +
				"anybody.",
			Until: untilReplaced}},
		{Place: "output", About: model.About{Heading: model.OfService, Name: "Technical log",
			Purpose: "One line for each request: when, which page, how it ended. Nothing of what was written or read.",
			Until:   "Nothing keeps it. It is written to where the program was started."}},
		{Place: "copies", About: model.About{Heading: model.OfService, Name: "Backups",
			Purpose: "None are made. Whoever runs this machine may copy its folder.",
			Until:   "As long as whoever runs this machine keeps a copy."}},
	}
}

func atGoogle() []policy.Stored {
	return []policy.Stored{
		{Place: "Secret Manager", About: model.About{Heading: model.OfService, Name: "Secrets of the service",
			Purpose: "Keys with which the service signs and protects what it gives out, and the key of the mail " +
				"vendor. They tell nothing about anybody.",
			Until: untilReplaced}},
		{Place: "Cloud Logging", About: model.About{Heading: model.OfService, Name: "Technical log",
			Purpose: "One line for each request: when, which page, from which address, how it ended. Nothing of " +
				"what was written or read.",
			Until: model.Span(googleKeepsLogs) + ", as Google Cloud keeps logs unless somebody changes that."}},
		{Place: "Pub/Sub", About: model.About{Heading: model.OfService, Name: "Messages that wake jobs",
			Purpose: "Say that a job is due, by its id and nothing else.",
			Until:   "Until the job has run; one that nobody could handle " + model.Span(pubSubKeeps) + " at most."}},
		{Place: "backups of the content", About: model.About{Heading: model.OfService, Name: "Backups",
			Purpose: "Bring everything back after an accident. What is in them is encrypted with the keys of " +
				"accounts and workspaces.",
			Until: "Daily ones " + model.Span(posture.DailyKept) + ", weekly ones " + model.Span(posture.WeeklyKept) +
				", and the state of each minute for " + model.Span(posture.RecoveryKept) + "."}},
		{Place: "backups of the keys", About: model.About{Heading: model.OfService, Name: "Backups of keys",
			Purpose: "Bring keys back after an accident. What was erased with its keys is gone when no backup has " +
				"them.",
			Until: model.Span(posture.KeysKept) + " at most."}},
	}
}

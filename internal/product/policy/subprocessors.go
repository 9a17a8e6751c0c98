package policy

import "time"

// Subprocessor is somebody who processes data for the operator.
type Subprocessor struct {
	Name    string    `json:"name"`
	Purpose string    `json:"purpose"`
	Data    string    `json:"data"`
	Place   string    `json:"place"`
	Since   time.Time `json:"since"`
	Link    string    `json:"link,omitempty"` // their own page about security; "" if none is known
}

// Uses is what an installation uses of others.
type Uses struct {
	Google bool   // it runs on Google Cloud
	Region string // in this region of it
	Resend bool   // mails are sent by Resend
	SMTP   string // or by this server; "" if by none
}

// since is the day from which the product has used Google Cloud and Resend.
var since = time.Date(2026, time.November, 20, 0, 0, 0, 0, time.UTC)

// Subprocessors are all whom an installation uses.
func Subprocessors(u Uses) []Subprocessor {
	var list []Subprocessor
	if u.Google {
		list = append(list, Subprocessor{
			Name:    "Google Cloud",
			Purpose: "Runs the service; keeps documents, backups, keys, secrets and logs; delivers background tasks.",
			Data: "Everything that is stored, encrypted; addresses of browsers and the lines of requests in " +
				"technical logs.",
			Place: "Google Cloud, region " + u.Region, Since: since, Link: "https://cloud.google.com/security",
		})
	}
	switch {
	case u.Resend:
		list = append(list, Subprocessor{
			Name: "Resend", Purpose: "Sends mails.", Data: "Name and address of whoever gets a mail, and its text.",
			Place: "United States", Since: since, Link: "https://resend.com/security",
		})
	case u.SMTP != "":
		list = append(list, Subprocessor{
			Name: u.SMTP, Purpose: "Sends mails.", Data: "Name and address of whoever gets a mail, and its text.",
			Place: "See whoever runs this mail server.", Since: since,
		})
	}
	return list
}

package promise

// Words are sentences of the three pages that are no promise of their own. They are controlled and shown in the same
// way, and counted apart.
func Words() []Promise {
	return []Promise{
		{
			ID: "S1", Group: Leaving,
			Text: "A privacy policy and terms of service exist, with the date from which they hold.",
			How:  "Both are public pages, in all their versions, with the differences between two of them.",
		},
		{
			ID: "S2", Group: Access,
			Text: "Data is processed only to deliver the features.",
			How: "A public page says of everything that is stored what it is for and for how long; the program does " +
				"not start with something that does not say so.",
		},
		{
			ID: "S3", Group: Trouble,
			Text:    "In an incident the vendor concerned is told, too.",
			Missing: noIncidents,
		},
		{
			ID: "S4", Group: Access,
			Text: "Need-to-know holds for application development as well.",
			How: "A public page says who may deploy, read logs, open the databases and change rules, by role, as it " +
				"is read back.",
		},
		{
			ID: "S5", Group: Trouble,
			Text: "There is a published contact for security, privacy and abuse.",
			How:  "It is on the security page, in security.txt, and at the end of every mail.",
		},
		{
			ID: "S6", Group: Vendors,
			Text:    "Where a bank is connected, Plaid's own security page and terms are linked.",
			Missing: "No bank can be connected yet.",
		},
	}
}

package promise

// tinyOps are the promises of the page TinyOps.
var tinyOps = []Promise{
	{
		ID: "O1", Group: Locks,
		Text: "All traffic over HTTPS/TLS.",
		How:  "On Google Cloud every request uses TLS, from browsers and between services.",
		ShownBy: []string{
			"internal/edge/web/frame TestGuard",
			"internal/edge/web/frame TestMachinesNeedOurNameAndTLS",
		},
	},
	{
		ID: "O2", Group: Locks,
		Text: "Database and object storage encrypted at rest.",
		How:  "Databases and the bucket for files are encrypted under a key of the operator.",
		ShownBy: []string{
			"internal/platform/records TestWhatIsStoredShowsNothing",
		},
	},
	{
		ID: "O3", Group: Locks,
		Text: "Private networking for the database.",
		Missing: "No private network is set up: the services reach Firestore by its public name, inside " +
			"Google's network, and no perimeter (VPC Service Controls) and no organization policy closes it.",
	},
	{
		ID: "O4", Group: Locks,
		Text: "Secrets are kept as environment secrets, never committed.",
		How: "Secrets are in Secret Manager. The service does not start with a secret in a plain variable, " +
			"and each change of the code is searched for secrets.",
		ShownBy: []string{
			"internal/config TestRefusals",
			"internal/config TestCheckSecret",
			"internal/platform/logging TestCanariesNeverWritten",
		},
	},
	{
		ID: "O5", Group: Vendors,
		Text: "Only the Shopify permissions needed (orders, products, inventory); customer data only for " +
			"features that are enabled.",
		Missing: noVendors,
	},
	{
		ID: "O6", Group: Access,
		Text:    "The support panel: Google Sign-In, explicit allowlist, no shared passwords.",
		Missing: noPanel,
	},
	{
		ID: "O7", Group: Records,
		Text: "Admin sign-ins and privileged actions are in an audit log.",
		Missing: noPanel + " Already there: what an operator does with tohctl is recorded in the platform's " +
			"trail.",
		ShownBy: []string{
			"cmd/tohctl TestKeys",
			"cmd/tohctl TestDeadLetters",
		},
	},
	{
		ID: "O8", Group: Vendors,
		Text:    "Shopify tokens are stored securely, used only server-side.",
		Missing: noVendors,
	},
	{
		ID: "O9", Group: Vendors,
		Text: "Subprocessors and purposes are listed.",
		How: "A public page lists each subprocessor with purpose, data and place. The management of each company is " +
			"told of changes by mail.",
		ShownBy: []string{
			"internal/product/policy TestSubprocessors",
			"internal/product/notice TestEachManagerIsToldOnce",
		},
	},
	{
		ID: "O10", Group: Leaving,
		Text:    "Data is kept only while the app is installed and deleted within 48 hours of uninstall.",
		Missing: noVendors + " So there is nothing to purge, and no deadline.",
	},
	{
		ID: "O11", Group: Leaving,
		Text:    "Shopify's mandatory data-deletion webhooks are honoured.",
		Missing: noVendors + " No webhook of a vendor's account is answered.",
	},
	{
		ID: "O12", Group: Trouble,
		Text: "Incident response: detect & triage, contain, assess, notify without undue delay, remediate & " +
			"review.",
		Missing: noIncidents,
	},
	{
		ID: "O13", Group: Trouble,
		Text: "Responsible disclosure: reports are acknowledged, investigated, the reporter kept informed.",
		Missing: "A public security.txt and the end of each mail name the contact, and the terms say which " +
			"research is welcome. There is no form and no acknowledgement yet.",
		ShownBy: []string{
			"internal/edge/web/policies TestSecurityText",
			"internal/platform/mail TestLettersNameTheContact",
		},
	},
	{
		ID: "O14", Group: Trouble,
		Text:    "Merchants are supported in notifying their own customers.",
		Missing: noIncidents + " No list of affected people can be made.",
	},
}

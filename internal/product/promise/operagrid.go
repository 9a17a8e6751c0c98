package promise

// operaGrid are the promises of the page OperaGrid.
var operaGrid = []Promise{
	{
		ID: "G1", Group: Locks,
		Text: "Application in containers behind a front.",
		How:  "The service is one program in a container without a shell, behind Google's front end.",
		ShownBy: []string{
			"internal/test/deploytest TestContainerHoldsOnlyTheProgram",
		},
	},
	{
		ID: "G2", Group: Locks,
		Text: "The database is not on the web server's disk.",
		How: "The database is Firestore. Only an installation on one machine keeps its data in a folder of that " +
			"machine.",
		ShownBy: []string{
			"internal/test/layout TestProductionHoldsNoEmulator",
			"internal/test/deploytest TestContainerHoldsOnlyTheProgram",
		},
	},
	{
		ID: "G3", Group: Locks,
		Text: "Attachments in encrypted storage; optional migration to an object store.",
		Missing: "Files of reports and productions are encrypted in parts under the keys of their workspace and " +
			"stored as objects; on Google Cloud nobody can add files yet, and files cannot be moved to another store.",
		ShownBy: []string{
			"internal/product/files TestPartsStayInTheirPlace",
		},
	},
	{
		ID: "G4", Group: Vendors,
		Text:    "Payments by Stripe; full card numbers never stored.",
		Missing: noPayments + " Already there: a card number is refused wherever text is typed.",
		ShownBy: []string{
			"internal/product/cardnumber TestIn",
		},
	},
	{
		ID: "G5", Group: Access,
		Text: "Public access only on HTTP/HTTPS to the web application; the database is closed to the " +
			"internet.",
		How: "Only the pages and the API can be reached from the internet. The database and background work " +
			"accept only the service's own accounts.",
		ShownBy: []string{
			"internal/edge/push TestForgedPushes",
			"internal/config TestRefusals",
		},
	},
	{
		ID: "G6", Group: Access,
		Text:    "Administrative access is restricted by address.",
		Missing: noPanel,
	},
	{
		ID: "G7", Group: Access,
		Text: "API documentation endpoints are disabled in production.",
		How:  "The API's description and its viewer do not exist in production.",
		ShownBy: []string{
			"internal/edge/api TestDocument",
		},
	},
	{
		ID: "G8", Group: Access,
		Text: "Multi-tenant isolation: every workspace has separate data boundaries.",
		How: "Each workspace has its own part of the database and its own keys. Something of another " +
			"workspace looks exactly like something that does not exist.",
		ShownBy: []string{
			"internal/platform/records TestAMovedBodyDoesNotOpen",
			"internal/product/shows TestForeignIDsLookLikeRandomOnes",
			"internal/edge/api TestNothingOfAnotherWorkspace",
		},
	},
	{
		ID: "G9", Group: Locks,
		Text: "Passwords: bcrypt hashes only; administrators cannot read them.",
		How:  "There is no form of a password but its bcrypt hash, and no way for anybody to read it back.",
		ShownBy: []string{
			"internal/product/passwords TestHashesAreExact",
			"internal/product/account TestLowCostIsRefused",
		},
	},
	{
		ID: "G10", Group: Access,
		Text: "Roles: management, organizer, reporter, report viewer; least privilege by role.",
		How:  "Four roles, one table of who may do what, shown to members and checked for each request.",
		ShownBy: []string{
			"internal/access TestCanIsTheTable",
			"internal/test/e2e TestEveryRouteRoleAndMethod",
			"internal/edge/api TestEveryRouteForEveryRole",
		},
	},
	{
		ID: "G11", Group: Records,
		Text: "An audit log of security-relevant actions for workspace admins.",
		How:  "The management can read, filter, chart and export what happened in the workspace.",
		ShownBy: []string{
			"internal/edge/api TestAudit",
			"internal/platform/audit TestReaderFiltersAndPages",
			"internal/platform/audit TestEveryMemberActionHasWords",
		},
	},
	{
		ID: "G12", Group: Access,
		Text: "Session tokens: signed JWT with configurable expiry.",
		How: "A session is a signed token that names a record; both expire, and removing the record ends " +
			"the session with the next request.",
		ShownBy: []string{
			"internal/product/account TestHostileHandles",
			"internal/product/account TestSessionKeyRotates",
			"internal/product/workspace TestWorkspaceShortensSessions",
		},
	},
	{
		ID: "G13", Group: Locks,
		Text: "HTTPS required for production domains.",
		How:  "In production the service does not start with an address that is not https.",
		ShownBy: []string{
			"internal/config TestRefusals",
			"internal/edge/web/frame TestGuard",
		},
	},
	{
		ID: "G14", Group: Locks,
		Text: "Database connections use TLS.",
		How: "Google's clients speak TLS only, and the service does not start with another address of a " +
			"database.",
		ShownBy: []string{
			"internal/config TestRefusals",
			"internal/platform/gcp TestRealEndpointsAreRefusedBesideAnEmulatorVariable",
		},
	},
	{
		ID: "G15", Group: Locks,
		Text: "The database is encrypted at rest by default.",
		How:  "Both databases are encrypted under a key of the operator.",
		ShownBy: []string{
			"internal/platform/records TestWhatIsStoredShowsNothing",
		},
	},
	{
		ID: "G16", Group: Trouble,
		Text: "Automated backups and retention policies.",
		How: "Backups are made each day and each week, and kept for a stated time. A drill restores one and " +
			"checks it.",
		ShownBy: []string{
			"cmd/tohctl TestRestoreDrill",
			"internal/operate/drill TestNoErasedCanaryComesBack",
		},
	},
	{
		ID: "G17", Group: Leaving,
		Text: "Customers can export critical records.",
		Missing: "Only the audit trail can be exported, as CSV and JSON Lines. The content of a workspace " +
			"can be read by the API, but not exported as a whole.",
	},
	{
		ID: "G18", Group: Vendors,
		Text: "Subprocessors are listed; a DPA is available on request.",
		How: "The list of subprocessors and the data processing agreement are public. The management accepts the " +
			"agreement in the product, and is told of each change by mail.",
		ShownBy: []string{
			"internal/edge/web/policies TestPublicDocuments",
			"internal/edge/web/policies TestTheAgreementIsAFile",
			"internal/edge/web/company TestTheManagementAcceptsTheAgreement",
			"internal/product/policy TestThePDFSaysWhatTheTextSays",
			"internal/product/policy TestSubprocessors",
			"internal/product/notice TestEachManagerIsToldOnce",
			"internal/product/notice TestAnInstallationThatIsCutOffTellsEverybodyOnce",
		},
	},
	{
		ID: "G19", Group: Trouble,
		Text:    "Incidents are investigated and affected workspace admins are notified promptly.",
		Missing: noIncidents,
	},
	{
		ID: "G20", Group: Yourself,
		Text: "Customers are helped to keep their side: strong passwords, few admin accounts, leavers " +
			"removed, no shared credentials, abuse reported.",
		Missing: "There is no page for checking the security of a workspace yet.",
	},
}

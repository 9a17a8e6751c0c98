package promise

const (
	noIncidents = "There is no incident handling yet: no incident can be opened, nobody is notified, and nothing is " +
		"assessed or recorded."
	noVendors  = "No account of a vendor can be connected yet."
	noPayments = "There are no payments yet."
	noPanel    = "There is no support panel yet, so nobody signs in to one."
)

// tinyOperaHouse are the promises of the page Tiny Opera House.
var tinyOperaHouse = []Promise{
	{
		ID: "T1", Group: Locks,
		Text: "Newer versions run on Google Cloud.",
		How: "The service runs as containers on Cloud Run. Documents, keys, secrets, logs and jobs are with " +
			"Google's services, and no server has a disk of its own.",
		ShownBy: []string{
			"internal/test/deploytest TestContainerHoldsOnlyTheProgram",
			"internal/operate/provision TestServicesAcceptTheirEnvironment",
		},
	},
	{
		ID: "T2", Group: Locks,
		Text: "Access only over a secured connection.",
		How: "A page asked for over plain HTTP leads to the secure address, anything else is refused, and " +
			"browsers are told to use only the secure one.",
		ShownBy: []string{
			"internal/edge/web/frame TestGuard",
			"internal/edge/web/frame TestHeadersOnEveryAnswer",
			"internal/edge/web/frame TestMachinesNeedOurNameAndTLS",
			"internal/edge/web/frame TestCookies",
		},
	},
	{
		ID: "T3", Group: Access,
		Text: "Every access point enforces a password policy that requires complexity.",
		How:  "One policy decides wherever a password is set: at least twelve characters, and hard to guess.",
		ShownBy: []string{
			"internal/product/passwords TestPolicy",
			"internal/product/passwords TestPolicyOfHostileTexts",
		},
	},
	{
		ID: "T4", Group: Locks,
		Text: "Passwords are stored salted and hashed.",
		How: "A password is stored as a salted bcrypt hash at cost 12 or more, made with a key from Secret " +
			"Manager.",
		ShownBy: []string{
			"internal/product/passwords TestHashesAreExact",
			"internal/product/account TestLowCostIsRefused",
			"internal/product/passwords TestHashRefusals",
		},
	},
	{
		ID: "T5", Group: Access,
		Text: "Data-level privacy controls restrict access.",
		How: "Each report and each section says who it is for, and one place in the code enforces that for " +
			"pages, lists, searches and the API.",
		ShownBy: []string{
			"internal/product/shows TestWithheldPartsAreInNoOutput",
			"internal/product/shows TestNoChainOfChangesDisclosesWhatIsWithheld",
		},
	},
	{
		ID: "T6", Group: Access,
		Text: "Access to data is granted on a need-to-know basis, at the minimum level.",
		How: "Roles give members what they need. Nobody of the operator's staff has a way in, and each " +
			"program has the narrowest rights in the cloud.",
		ShownBy: []string{
			"internal/access TestCanIsTheTable",
			"internal/test/e2e TestEveryRouteRoleAndMethod",
		},
	},
	{
		ID: "T7", Group: Locks,
		Text: "All traffic encrypted at all times; all user data encrypted at rest.",
		How: "Every call uses TLS. Databases, files and logs are under a key of the operator, and documents " +
			"also under their workspace's own keys.",
		ShownBy: []string{
			"internal/platform/records TestWhatIsStoredShowsNothing",
			"internal/platform/records TestAMovedBodyDoesNotOpen",
			"internal/platform/mail TestNoMailInPlaintextOnDisk",
		},
	},
	{
		ID: "T8", Group: Trouble,
		Text:    "In a breach, or reason to believe one, every user is told at the account's primary e-mail.",
		Missing: noIncidents + " No mail can be sent to all users.",
	},
	{
		ID: "T9", Group: Records,
		Text: "All actions touching application data are logged; detailed audits for the prior fourteen " +
			"days.",
		How: "Each read and each change leaves an entry before it takes effect, kept for 14 days, readable " +
			"by the management and copied to a log of the operator.",
		ShownBy: []string{
			"internal/platform/records TestEveryReadAndWriteLeavesOneEntry",
			"internal/platform/records TestNothingIsDisclosedUnaudited",
			"internal/platform/audit TestNothingIsLostWhileLoggingIsAway",
		},
	},
	{
		ID: "T10", Group: Vendors,
		Text: "External accounts are connected by OAuth (or username/password where a vendor has only " +
			"that); the minimum scope for the task; revocable at the vendor; passwords never stored; tokens " +
			"held sealed in the core database.",
		Missing: noVendors,
	},
	{
		ID: "T11", Group: Vendors,
		Text: "Bank accounts through Plaid; the app can never create, change or delete a transaction; the " +
			"data is stored for the user's use.",
		Missing: "No bank can be connected yet.",
	},
	{
		ID: "T12", Group: Vendors,
		Text:    "Users can pay for the platform by ACH from a connected account, only if expressly granted.",
		Missing: noPayments,
	},
	{
		ID: "T13", Group: Leaving,
		Text: "Information is deleted on request, in part or in whole.",
		Missing: "A workspace can be erased as a whole, with a signed receipt; single documents can be removed: " +
			"a production, performance or report, for good after 30 days in the trash; a session, a token, an " +
			"invitation, a membership. An account, a person or a production cannot be erased yet, and only the " +
			"erasure of a workspace gives a receipt.",
		ShownBy: []string{
			"internal/app TestWorkspaceIsErased",
			"internal/product/shows TestTheTrashIsEmptiedAfterExactlyThirtyDays",
			"internal/operate/drill TestNoErasedCanaryComesBack",
		},
	},
}

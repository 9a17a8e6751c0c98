package posture

// Product is what the product itself does for a promise, besides how its cloud is configured. A promise with something
// missing is never called kept, however well the cloud is configured.
type Product struct {
	Built   bool   `json:"built"`             // nothing is missing
	Missing string `json:"missing,omitempty"` // what the promise says and the product does not do yet
	// the tests that show what exists: folder and name; empty if nothing does
	ShownBy []string `json:"shown_by"`
}

// half is a row of the table below: the tests that show what exists, and what is missing.
type half struct {
	missing string
	shown   []string
}

func built(tests ...string) half                { return half{shown: tests} }
func missing(what string, tests ...string) half { return half{what, tests} }
func (h half) product() Product {
	return Product{Built: h.missing == "", Missing: h.missing, ShownBy: append([]string{}, h.shown...)}
}
func productOf(id string) Product { return products[id].product() }

const (
	noIncidents = "There is no incident handling yet: no incident can be opened, nobody is notified, and nothing is " +
		"assessed or recorded."
	noVendors  = "No account of a vendor can be connected yet."
	noPayments = "There are no payments yet."
	noPanel    = "There is no support panel yet, so nobody signs in to one."
)

// products is the one place that says which promises the product itself keeps. A test looks for each of the tests that
// are named here, and for signs that something which is called missing has been built.
var products = map[string]half{
	"T1": built("internal/test/deploytest TestContainerHoldsOnlyTheProgram",
		"internal/operate/provision TestServicesAcceptTheirEnvironment"),
	"T2": built("internal/edge/web/frame TestGuard", "internal/edge/web/frame TestHeadersOnEveryAnswer",
		"internal/edge/web/frame TestMachinesNeedOurNameAndTLS", "internal/edge/web/frame TestCookies"),
	"T3": built("internal/product/account TestPolicy", "internal/product/account TestPolicyOfHostileTexts"),
	"T4": built("internal/product/account TestHashesAreExact", "internal/product/account TestLowCostIsRefused",
		"internal/product/account TestHashRefusals"),
	"T5": built("internal/product/shows TestSealedPartsAreInNoOutput",
		"internal/product/shows TestNoChainOfChangesOpensWhatIsSealed"),
	"T6": built("internal/access TestCanIsTheTable", "internal/test/e2e TestEveryRouteRoleAndMethod"),
	"T7": built("internal/platform/records TestWhatIsStoredShowsNothing",
		"internal/platform/records TestAMovedBodyDoesNotOpen", "internal/platform/mail TestNoMailInPlaintextOnDisk"),
	"T8": missing(noIncidents + " No mail can be sent to all users."),
	"T9": built("internal/platform/records TestEveryReadAndWriteLeavesOneEntry",
		"internal/platform/records TestNothingIsDisclosedUnaudited",
		"internal/platform/audit TestNothingIsLostWhileLoggingIsAway"),
	"T10": missing(noVendors),
	"T11": missing("No bank can be connected yet."),
	"T12": missing(noPayments),
	"T13": missing("Only documents can be removed: a production, performance or report, for good after 30 days in "+
		"the trash; a session, a token, an invitation, a "+
		"membership. A workspace, an account or a person cannot be erased yet, and nobody is given a receipt.",
		"internal/product/shows TestTheTrashIsEmptiedAfterExactlyThirtyDays",
		"internal/operate/drill TestNoErasedCanaryComesBack"),

	"G1": built("internal/test/deploytest TestContainerHoldsOnlyTheProgram"),
	"G2": built("internal/test/layout TestProductionHoldsNoEmulator",
		"internal/test/deploytest TestContainerHoldsOnlyTheProgram"),
	"G3": missing("Nothing can be attached to a record yet, so the bucket is empty; files cannot be moved to " +
		"another store."),
	"G4": missing(noPayments+" Already there: a card number is refused wherever text is typed.",
		"internal/product/cardnumber TestIn"),
	"G5": built("internal/edge/push TestForgedPushes", "internal/config TestRefusals"),
	"G6": missing(noPanel),
	"G7": built("internal/edge/api TestDocument"),
	"G8": built("internal/platform/records TestAMovedBodyDoesNotOpen",
		"internal/product/shows TestForeignIDsLookLikeRandomOnes", "internal/edge/api TestNothingOfAnotherWorkspace"),
	"G9": built("internal/product/account TestHashesAreExact", "internal/product/account TestLowCostIsRefused"),
	"G10": built("internal/access TestCanIsTheTable", "internal/test/e2e TestEveryRouteRoleAndMethod",
		"internal/edge/api TestEveryRouteForEveryRole"),
	"G11": built("internal/edge/api TestAudit", "internal/platform/audit TestReaderFiltersAndPages",
		"internal/platform/audit TestEveryMemberActionHasWords"),
	"G12": built("internal/product/account TestHostileHandles", "internal/product/account TestSessionKeyRotates",
		"internal/product/workspace TestWorkspaceShortensSessions"),
	"G13": built("internal/config TestRefusals", "internal/edge/web/frame TestGuard"),
	"G14": built("internal/config TestRefusals",
		"internal/platform/gcp TestRealEndpointsAreRefusedBesideAnEmulatorVariable"),
	"G15": built("internal/platform/records TestWhatIsStoredShowsNothing"),
	"G16": built("cmd/tohctl TestRestoreDrill", "internal/operate/drill TestNoErasedCanaryComesBack"),
	"G17": missing("Only the audit trail can be exported, as CSV and JSON Lines. The content of a workspace can be " +
		"read by the API, but not exported as a whole."),
	"G18": missing("The list of subprocessors and the data processing agreement are public, the agreement in all its "+
		"versions. It cannot be had as a PDF or accepted in the product yet, and nobody is told of changes.",
		"internal/edge/web/policies TestPublicDocuments", "internal/product/policy TestSubprocessors"),
	"G19": missing(noIncidents),
	"G20": missing("There is no page for checking the security of a workspace yet."),

	"O1": built("internal/edge/web/frame TestGuard", "internal/edge/web/frame TestMachinesNeedOurNameAndTLS"),
	"O2": built("internal/platform/records TestWhatIsStoredShowsNothing"),
	"O3": missing("No private network is set up: the services reach Firestore by its public name, inside Google's " +
		"network, and no perimeter (VPC Service Controls) " +
		"and no organization policy closes it."),
	"O4": built("internal/config TestRefusals", "internal/config TestCheckSecret",
		"internal/platform/logging TestCanariesNeverWritten"),
	"O5": missing(noVendors),
	"O6": missing(noPanel),
	"O7": missing(noPanel+" Already there: what an operator does with tohctl is recorded in the platform's trail.",
		"cmd/tohctl TestKeys", "cmd/tohctl TestDeadLetters"),
	"O8": missing(noVendors),
	"O9": missing("The list of subprocessors with their purposes is public. Nobody is told of changes yet.",
		"internal/product/policy TestSubprocessors"),
	"O10": missing(noVendors + " So there is nothing to purge, and no deadline."),
	"O11": missing(noVendors + " No webhook of a vendor's account is answered."),
	"O12": missing(noIncidents),
	"O13": missing("A public security.txt and the end of each mail name the contact, and the terms say which research "+
		"is welcome. There is no form and no acknowledgement yet.",
		"internal/edge/web/policies TestSecurityText", "internal/platform/mail TestLettersNameTheContact"),
	"O14": missing(noIncidents + " No list of affected people can be made."),
}

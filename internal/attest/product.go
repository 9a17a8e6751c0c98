package attest

// Product is what the product itself does for a promise, beside how its cloud is set up. A promise of which something
// is missing is never called kept, however well the cloud is set up.
type Product struct {
	Built   bool     `json:"built"`             // nothing is missing
	Missing string   `json:"missing,omitempty"` // what the promise says and the product does not do yet
	ShownBy []string `json:"shown_by"`          // the tests that show what is there: folder and name; empty if nothing is
}

// half is a row of the table below: the tests that show what is there, and what is missing.
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
	noIncidents = "There is no incident in the product yet: none can be opened, nobody is told, nothing is worked out or written down."
	noVendors   = "No account of a vendor can be connected yet."
	noPayments  = "There are no payments yet."
	noPanel     = "There is no support panel yet, so nobody signs in to one."
)

// products is the one place that says which promises the product itself keeps. A test looks for each of the tests that
// are named here, and for signs that something which is called missing has been built.
var products = map[string]half{
	"T1":  built("internal/deploytest TestContainerHoldsOnlyTheProgram", "internal/provision TestServicesAcceptTheirEnvironment"),
	"T2":  built("internal/web TestGuard", "internal/web TestHeadersOnEveryAnswer", "internal/web TestMachinesNeedOurNameAndTLS", "internal/web TestCookies"),
	"T3":  built("internal/account TestPolicy", "internal/account TestPolicyOfHostileTexts"),
	"T4":  built("internal/account TestHashesAreExact", "internal/account TestLowCostIsRefused", "internal/account TestHashRefusals"),
	"T5":  built("internal/stage TestSealedPartsAreInNoOutput", "internal/stage TestNoChainOfChangesOpensWhatIsSealed"),
	"T6":  built("internal/access TestCanIsTheTable", "internal/e2e TestEveryRouteRoleAndMethod"),
	"T7":  built("internal/records TestWhatIsStoredShowsNothing", "internal/records TestAMovedBodyDoesNotOpen", "internal/mail TestNoMailInPlaintextOnDisk"),
	"T8":  missing(noIncidents + " No mail goes to every user."),
	"T9":  built("internal/records TestEveryReadAndWriteLeavesOneEntry", "internal/records TestNothingIsDisclosedUnaudited", "internal/audit TestNothingIsLostWhileLoggingIsAway"),
	"T10": missing(noVendors),
	"T11": missing("No bank can be connected yet."),
	"T12": missing(noPayments),
	"T13": missing("Only documents can be removed: a production, performance or report, for good after 30 days in the trash; a session, a token, an invitation, a "+
		"membership. A workspace, an account or a person cannot be erased yet, and nobody is given a receipt.",
		"internal/stage TestTheTrashIsEmptiedAfterExactlyThirtyDays", "internal/drill TestNoErasedCanaryComesBack"),

	"G1":  built("internal/deploytest TestContainerHoldsOnlyTheProgram"),
	"G2":  built("internal/layout TestProductionHoldsNoEmulator", "internal/deploytest TestContainerHoldsOnlyTheProgram"),
	"G3":  missing("Nothing can be attached to a record yet, so the bucket is empty; files cannot be moved to another store."),
	"G4":  missing(noPayments+" What is there: a card number is refused wherever text is typed.", "internal/cards TestIn"),
	"G5":  built("internal/push TestForgedPushes", "internal/config TestRefusals"),
	"G6":  missing(noPanel),
	"G7":  built("internal/api TestDocument"),
	"G8":  built("internal/records TestAMovedBodyDoesNotOpen", "internal/stage TestForeignIDsLookLikeRandomOnes", "internal/api TestNothingOfAnotherWorkspace"),
	"G9":  built("internal/account TestHashesAreExact", "internal/account TestLowCostIsRefused"),
	"G10": built("internal/access TestCanIsTheTable", "internal/e2e TestEveryRouteRoleAndMethod", "internal/api TestEveryRouteForEveryRole"),
	"G11": built("internal/api TestAudit", "internal/audit TestReaderFiltersAndPages", "internal/audit TestEveryMemberActionHasWords"),
	"G12": built("internal/account TestHostileHandles", "internal/account TestSessionKeyRotates", "internal/workspace TestWorkspaceShortensSessions"),
	"G13": built("internal/config TestRefusals", "internal/web TestGuard"),
	"G14": built("internal/config TestRefusals", "internal/gcp TestRealEndpointsAreRefusedBesideAnEmulatorVariable"),
	"G15": built("internal/records TestWhatIsStoredShowsNothing"),
	"G16": built("cmd/tohctl TestRestoreDrill", "internal/drill TestNoErasedCanaryComesBack"),
	"G17": missing("Only the audit trail can be exported, as CSV and JSON Lines. What a workspace holds can be read by the API, and not exported as a whole."),
	"G18": missing("There is no list of subprocessors and no data processing agreement yet."),
	"G19": missing(noIncidents),
	"G20": missing("There is no page for checking the security of a workspace yet."),

	"O1": built("internal/web TestGuard", "internal/web TestMachinesNeedOurNameAndTLS"),
	"O2": built("internal/records TestWhatIsStoredShowsNothing"),
	"O3": missing("No private network is set up: the services reach Firestore by its public name, inside Google's network, and no perimeter (VPC Service Controls) " +
		"and no organization policy closes it."),
	"O4":  built("internal/config TestRefusals", "internal/config TestCheckSecret", "internal/obs TestCanariesNeverWritten"),
	"O5":  missing(noVendors),
	"O6":  missing(noPanel),
	"O7":  missing(noPanel+" What is there: what an operator does with tohctl is in the platform's trail.", "cmd/tohctl TestKeys", "cmd/tohctl TestDeadLetters"),
	"O8":  missing(noVendors),
	"O9":  missing("There is no list of subprocessors yet."),
	"O10": missing(noVendors + " So there is nothing to purge, and no deadline."),
	"O11": missing(noVendors + " No webhook of a vendor is answered."),
	"O12": missing(noIncidents),
	"O13": missing("There is no form, no security.txt and no acknowledgement yet; docs/security.md says whom to write to."),
	"O14": missing(noIncidents + " No list of affected people can be made."),
}

package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// alone are the tests that no other of their package runs beside: they measure how long something takes, or change what
// the whole process has. A folder stands for all of its tests.
var alone = []string{
	"cmd/", "internal/test/browsertest/", "internal/test/e2e/", "internal/test/faults/", // these need the whole machine

	"internal/edge/api TestOutage",
	"internal/onemachine/local/serve TestOnlyLoopback",
	"internal/onemachine/localcloud TestOpeningIsFast",
	"internal/onemachine/localcloud/firestore TestKillLosesNoAcknowledgedCommit",
	"internal/onemachine/localcloud/firestore TestTheYoungerOfTwoInACircleIsAbortedAtOnce",
	"internal/onemachine/localcloud/kv TestKillLosesNothingThatWasCommitted",
	"internal/onemachine/localcloud/pubsub TestKill",
	"internal/operate/cost TestModelIsNotTooCheap",
	"internal/operate/posture TestServiceThatIsAwayIsAskedOnce",
	"internal/platform/gcp TestRealEndpointsAreRefusedBesideAnEmulatorVariable",
	"internal/platform/gcp/operator TestOptionsAreChecked",
	"internal/platform/gcp/objects TestOptionsAreChecked",
	"internal/product/files/picture TestLargePhotosFit",
	"internal/product/files/picture TestPixelFloodsAreRefusedByTheirHeader",
	"internal/platform/gcp/watchers TestOptionsAreChecked",
	"internal/platform/mail TestResendHangs",
	"internal/platform/mail TestSMTPHangs",
	"internal/platform/records TestNothingIsDisclosedUnaudited",
	"internal/platform/seal TestKMSOutOfReach",
	"internal/platform/secret TestFirstLoadIsBounded",
	"internal/platform/store TestBadConnections",
	"internal/platform/store TestEmulatorProperty",
	"internal/platform/store TestLocalLikeEmulator",
	"internal/platform/store TestGivenUpTransactionLetsGo",
	"internal/platform/telemetry TestEndIsWithinTheGivenTime",
	"internal/platform/telemetry TestHangingCloudSlowsNobody",
	"internal/product/account TestNothingHappensWhileTheDatabaseIsAway",
}

// TestTestsRunBesideEachOther: a test that waits, for the disk or for a deadline, leaves the machine to another one.
func TestTestsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, path := range goFiles(t) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", path), nil,
			parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") || f.Name.Name == "TestMain" {
				continue
			}
			name := filepath.ToSlash(filepath.Dir(path)) + " " + f.Name.Name
			listed := slices.IndexFunc(alone, func(a string) bool {
				return a == name || strings.HasSuffix(a, "/") && strings.HasPrefix(path, a)
			})
			switch beside := len(uses(&ast.File{Decls: []ast.Decl{f}}, "t.Parallel")) > 0; {
			case !beside && listed < 0:
				t.Errorf("%s does not call t.Parallel, and is not among those that run alone", name)
			case beside && listed >= 0 && alone[listed] == name:
				t.Errorf("%s runs beside others, and is among those that run alone", name)
			case listed >= 0:
				seen[alone[listed]] = true
			}
		}
	}
	for _, a := range alone {
		if !seen[a] {
			t.Errorf("%s is not there any more", a)
		}
	}
}

package access

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
)

// unasked lists actions that only a browser can do, that change something, and that need no proof, each with the
// reason.
var unasked = map[Action]string{
	KeyStop:        "leaves everything as it is",
	WorkspaceSpare: "leaves everything as it is",
	InviteRevoke:   "takes away what was given",
	TokenRevoke:    "takes away what was given",
	SignOut:        "takes away what was given",
	PasswordCheck:  "is the proof",
	AccountUpdate:  "name and theme",

	NoticeAcknowledge: "agrees to nothing",
	FactorCheck:       "it is the proof itself",
	FactorOpen:        "it needs a link that is mailed, and what it allows needs a proof",
}

// asked lists those that need one.
var asked = []Action{
	AgreementAccept, EmailChange, FactorAdd, FactorLink, FactorOffer, FactorRemove, KeyUpdate, MemberInvite,
	MemberLeave, MemberRemove, MemberUpdate,
	PasswordChange, TokenCreate, WorkspaceErase, WorkspaceUpdate,
}

// TestWhatAsksForProof: every action that only people can do, and no token, either needs a proof or is listed here with
// a reason.
func TestWhatAsksForProof(t *testing.T) {
	t.Parallel()
	var found []Action
	for action, rule := range matrix {
		switch {
		case AsksProof(action):
			found = append(found, action)
			if unasked[action] != "" {
				t.Errorf("%s is in both lists", action)
			}
		case rule.token != "" || slices.Equal(rule.roles, system) || looks(action):
		case unasked[action] == "":
			t.Errorf("%s can be done with a stolen cookie alone: mark it as proven in the matrix, or say here why "+
				"that is right", action)
		}
	}
	slices.Sort(found)
	if want := slices.Sorted(slices.Values(asked)); !slices.Equal(found, want) {
		t.Errorf("proof is asked for by %v, not by %v", found, want)
	}
	for action := range maps.Keys(unasked) {
		if !Known(action) {
			t.Errorf("there is no %s", action)
		}
	}
}

func looks(a Action) bool {
	_, verb, _ := strings.Cut(string(a), ".")
	return slices.Contains([]string{"read", "list", "seen"}, verb)
}

type standing struct{}

func (standing) Standing() {}

func TestProof(t *testing.T) {
	t.Parallel()
	c := member(Management)
	if Proof(c, MemberRemove) != nil {
		t.Error("the product itself is asked for its password")
	}
	c.Standing = standing{}
	for action, want := range map[Action]bool{MemberRemove: true, MemberList: false, InviteRevoke: false} {
		if got := errors.Is(Proof(c, action), model.ErrUnproven); got != want {
			t.Errorf("%s: refused %v", action, got)
		}
	}
	c.Proven = true
	if Proof(c, MemberRemove) != nil {
		t.Error("a proof counts for nothing")
	}
	c.Limits = Scopes{proven, ReadReports}
	if Can(c, MemberRemove) {
		t.Error("a token removes a member")
	}
}

package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/genproto/googleapis/type/expr"
	"google.golang.org/protobuf/proto"
)

// normal is how Google keeps bindings: those of the same role and condition together, members and bindings in
// order, none twice and none empty.
func normal(given []*iampb.Binding) []*iampb.Binding {
	merged := map[string]*iampb.Binding{}
	for _, b := range given {
		if len(b.GetMembers()) == 0 {
			continue
		}
		key := bindingKey(b)
		if merged[key] == nil {
			merged[key] = proto.CloneOf(b)
			continue
		}
		merged[key].Members = append(merged[key].Members, b.GetMembers()...)
	}
	out := make([]*iampb.Binding, 0, len(merged))
	for _, b := range merged {
		slices.Sort(b.Members)
		b.Members = slices.Compact(b.Members)
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b *iampb.Binding) int { return cmp.Compare(bindingKey(a), bindingKey(b)) })
	return out
}

func bindingKey(b *iampb.Binding) string {
	key := b.GetRole()
	if c := b.GetCondition(); c != nil {
		key += "\x00" + c.GetTitle() + "\x00" + c.GetExpression() + "\x00" + c.GetDescription()
	}
	return key
}

// hideConditions changes the policy for callers that do not know conditions. A conditional role gets a name that cannot
// be mistaken for the role itself, so that such a caller neither relies on it nor writes it back.
func hideConditions(p *iampb.Policy) {
	for _, b := range p.GetBindings() {
		if b.GetCondition() != nil {
			b.Role += "_withcond_" + conditionID(b.GetCondition())
			b.Condition = nil
		}
	}
	p.Version = min(p.GetVersion(), 1)
}

func conditionID(c *expr.Expr) string {
	sum := sha256.Sum256([]byte(c.GetTitle() + "\x00" + c.GetExpression()))
	return hex.EncodeToString(sum[:10])
}

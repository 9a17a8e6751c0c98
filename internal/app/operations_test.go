package app

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
)

// Every operation of every kind is tried under every action, by the system, which may do most. What is not declared is
// refused as foreign, and nothing else is.
func TestEveryOperationIsBoundToItsActions(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, kinds()...)
	workspace := h.Workspace(t)
	var all []access.Action
	for _, in := range []model.ScopeKind{model.WorkspaceScope, model.AccountScope, model.PlatformScope} {
		all = append(all, access.Actions(in)...)
	}
	tried, refused := 0, 0
	for _, k := range kinds() {
		caller := access.SystemCaller(scopeFor(k.In(), workspace), "test", "")
		for _, op := range records.Operations {
			for _, a := range all {
				err := try(t.Context(), h.Gate, k, op, records.By(caller, a))
				tried++
				foreign := errors.Is(err, records.ErrForeign)
				if foreign {
					refused++
				}
				if foreign == k.Permits(op, a) {
					t.Errorf("%s %s under %s: %v", op, k.Name(), a, err)
				}
			}
		}
	}
	t.Logf("%d tried, %d refused", tried, refused)
	for _, k := range kinds() {
		for _, op := range records.Operations {
			if err := try(t.Context(), h.Gate, k, op, records.Ask{}); !errors.Is(err, records.ErrForeign) {
				t.Errorf("%s %s by nobody, under nothing: %v", op, k.Name(), err)
			}
		}
	}
	if tried-refused < 2*len(kinds()) {
		t.Errorf("only %d of %d are declared", tried-refused, tried)
	}
}

// A role that may only read must find no action that changes anything.
func TestNoChangeIsDeclaredUnderAnActionForViewers(t *testing.T) {
	t.Parallel()
	viewers := map[access.Action]bool{}
	for _, row := range access.Table() {
		viewers[row.Action] = row.May(access.Viewer)
	}
	own := []access.Action{access.MemberLeave}
	for _, k := range kinds() {
		for _, op := range []records.Operation{records.Create, records.Change, records.Remove} {
			for a, may := range viewers {
				if may && k.Permits(op, a) && !slices.Contains(own, a) {
					t.Errorf("%s %s under %s, which every viewer may do", op, k.Name(), a)
				}
			}
		}
	}
}

func scopeFor(in model.ScopeKind, workspace model.Scope) model.Scope {
	switch in {
	case model.AccountScope:
		return model.Account(model.NewID())
	case model.PlatformScope:
		return model.Platform()
	}
	return workspace
}

// try does an operation to a document that does not exist.
func try(ctx context.Context, g *records.Gate, k records.Declared, op records.Operation, ask records.Ask) error {
	kind, target := reflect.ValueOf(k), ask.On(model.NewID())
	var via records.Via = g
	call := func(method string, args ...any) error {
		in := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(&via).Elem()}
		for _, arg := range args {
			if v, ok := arg.(reflect.Value); ok {
				in = append(in, v)
				continue
			}
			in = append(in, reflect.ValueOf(arg))
		}
		out := kind.MethodByName(method).Call(in)
		err, _ := out[len(out)-1].Interface().(error)
		return err
	}
	switch op {
	case records.Read:
		return call("Get", target)
	case records.List:
		return call("Find", ask, records.Find{Query: "none"})
	case records.Serve:
		via = g.Serving()
		return call("Get", target)
	case records.Create:
		return call("Create", ask.On(""), reflect.Zero(kind.MethodByName("Create").Type().In(3)))
	case records.Change:
		change := kind.MethodByName("Update").Type().In(3)
		return call("Update", target, reflect.MakeFunc(change, func([]reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.Zero(change.Out(0))}
		}))
	}
	return call("Delete", target)
}

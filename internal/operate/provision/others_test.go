package provision_test

import (
	"testing"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// once runs f at the first call of a method, whoever makes it.
func (w *world) once(method string, f func()) {
	done := false
	w.during = func(name string) {
		if name == method && !done {
			done = true
			f()
		}
	}
}

// TestSomebodyElseMakesItMeanwhile creates a topic at the moment when apply does, and with wrong settings.
func TestSomebodyElseMakesItMeanwhile(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.once("CreateTopic", func() {
		_, err := w.Topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: project + "/topics/toh-tasks",
			Labels: map[string]string{"team": "stage"}})
		must(w, 0, err)
	})
	w.done(small())
	topic, err := w.Topics.GetTopic(t.Context(), &pubsubpb.GetTopicRequest{Topic: project + "/topics/toh-tasks"})
	if err != nil || topic.GetKmsKeyName() == "" || topic.GetLabels()["team"] != "stage" {
		t.Errorf("%v, %v", topic, err)
	}
	if lines := w.lines(small()); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
}

// TestSomebodyElseChangesAPolicyMeanwhile grants something between our read and our write: neither may be lost.
func TestSomebodyElseChangesAPolicyMeanwhile(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.done(small())
	w.keyPolicy(take("toh-web"))
	w.once("SetIamPolicy", func() {
		w.keyPolicy(func(p *iampb.Policy) {
			p.Bindings = append(p.Bindings, &iampb.Binding{Role: "roles/cloudkms.viewer",
				Members: []string{"user:me@opera.dev"}})
		})
	})
	if sum := w.done(small()); sum.Created != 1 {
		t.Errorf("%s", sum)
	}
	p, err := w.KMS.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: location +
		"/keyRings/toh/cryptoKeys/workspaces"})
	if err != nil || len(p.GetBindings()) != 2 || len(w.lines(small())) > 0 {
		t.Errorf("%v, %v, %q", p, err, w.lines(small()))
	}
}

// TestSomebodyElseKeepsChangingAPolicy never lets our write succeed: apply gives up with a reason, and the next one
// continues.
func TestSomebodyElseKeepsChangingAPolicy(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.done(small())
	w.keyPolicy(take("toh-web"))
	busy := false
	w.during = func(name string) {
		if name != "SetIamPolicy" || busy {
			return
		}
		busy = true
		w.keyPolicy(func(p *iampb.Policy) {
			p.Bindings = append(p.Bindings, &iampb.Binding{Role: "roles/cloudkms.viewer",
				Members: []string{"user:me@opera.dev"}})
		})
		w.keyPolicy(take("nobody"))
		busy = false
	}
	if _, _, err := w.apply(small()); err == nil {
		t.Error("wrote over somebody else's change")
	}
	w.calm()
	if sum := w.done(small()); sum.Created != 1 {
		t.Errorf("%s", sum)
	}
}

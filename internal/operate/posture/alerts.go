package posture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
)

// label is how we recognize what Google names; told is the label of a policy that was created to notify somebody.
const (
	label = "toh"
	told  = "toh-tells"
)

func policies(ctx context.Context, c *cloud, f *findings, expected string) (map[string]*monitoringpb.AlertPolicy,
	bool) {
	list, ok := look(ctx, c, f, ofMonitoring, thing{"alert policies of", c.project().name}, expected,
		func(ctx context.Context) ([]*monitoringpb.AlertPolicy, error) {
			return all(c.Alerts.ListAlertPolicies(ctx, &monitoringpb.ListAlertPoliciesRequest{Name: c.project().name}).
				Next)
		})
	found := map[string]*monitoringpb.AlertPolicy{}
	for _, p := range list {
		if id := p.GetUserLabels()[label]; id != "" {
			found[id] = p
		}
	}
	return found, ok
}

func channels(ctx context.Context, c *cloud, f *findings) (map[string]*monitoringpb.NotificationChannel, bool) {
	list, ok := look(ctx, c, f, ofMonitoring, thing{"notification channels of", c.project().name}, "somebody is told",
		func(ctx context.Context) ([]*monitoringpb.NotificationChannel, error) {
			return all(c.Channels.ListNotificationChannels(ctx,
				&monitoringpb.ListNotificationChannelsRequest{Name: c.project().name}).Next)
		})
	found := map[string]*monitoringpb.NotificationChannel{}
	for _, n := range list {
		found[n.GetName()] = n
	}
	return found, ok
}

func alertThing(c *cloud, id string) thing {
	return thing{"alert", c.project().name + "/alertPolicies/" + label + "=" + id}
}

// watched: what may be an incident is noticed.
func watched(ctx context.Context, c *cloud, f *findings) {
	found, ok := policies(ctx, c, f, "alerts that are on")
	if !ok {
		return
	}
	for _, a := range alerts {
		p, t := found[a.id], alertThing(c, a.id)
		switch {
		case p == nil:
			f.missing(t, "an alert that is on")
		case p.GetEnabled() != nil && !p.GetEnabled().GetValue():
			f.expect(false, t, "is switched off", "on")
		default:
			f.expect(a.sees(p), t, "is on, and fires on "+conditionsOf(p), a.String())
		}
	}
}

// somebodyTold: an alert reaches a person.
func somebodyTold(ctx context.Context, c *cloud, f *findings) {
	found, ok := policies(ctx, c, f, "alerts that tell somebody")
	if !ok {
		return
	}
	known, ok := channels(ctx, c, f)
	if !ok {
		return
	}
	silent := 0
	for _, id := range alertIDs() {
		if p := found[id]; p != nil && len(p.GetNotificationChannels()) == 0 && p.GetUserLabels()[told] == "" {
			silent++
		}
	}
	if silent > 0 && silent == len(found) && len(known) == 0 {
		f.remark(thing{"notification channels of", c.project().name}, "are none: nobody is told of alerts",
			"a channel, by tohctl provision apply --alert-mail")
		f.expect(true, thing{"alert policies of", c.project().name}, "show alerts in the console",
			"alerts that can be seen")
		return
	}
	for _, id := range alertIDs() {
		if p := found[id]; p != nil {
			tells(f, alertThing(c, id), p, known)
		}
	}
}

func tells(f *findings, t thing, p *monitoringpb.AlertPolicy, known map[string]*monitoringpb.NotificationChannel) {
	works := 0
	var bad []string
	for _, name := range p.GetNotificationChannels() {
		n := known[name]
		switch {
		case n == nil:
			bad = append(bad, name+" does not exist")
		case n.GetEnabled() != nil && !n.GetEnabled().GetValue():
			bad = append(bad, name+" is switched off")
		case n.GetVerificationStatus() == monitoringpb.NotificationChannel_UNVERIFIED:
			bad = append(bad, name+" is not verified")
		default:
			works++
		}
	}
	read := fmt.Sprintf("tells by %d channels", works)
	if len(bad) > 0 {
		read += "; " + strings.Join(bad, ", ")
	}
	f.expect(works > 0, t, read, "a notification channel that works")
}

func counted(ctx context.Context, c *cloud, f *findings) {
	list, ok := look(ctx, c, f, ofLogging, thing{"log metrics of", c.project().name}, "entries counted",
		func(ctx context.Context) ([]*loggingpb.LogMetric, error) {
			return all(c.LogMetrics.ListLogMetrics(ctx, &loggingpb.ListLogMetricsRequest{Parent: c.project().name}).
				Next)
		})
	if !ok {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(counters)) {
		t := thing{"log metric", c.project().name + "/metrics/" + id}
		at := slices.IndexFunc(list, func(m *loggingpb.LogMetric) bool { return m.GetName() == id })
		if at < 0 {
			f.missing(t, "entries counted")
			continue
		}
		f.expect(!list[at].GetDisabled(), t, "is switched off: "+yes(list[at].GetDisabled()), "no")
		f.expect(sameFilter(list[at].GetFilter(), counters[id]), t, "counts "+orNone(cut(list[at].GetFilter())),
			cut(counters[id]))
	}
}

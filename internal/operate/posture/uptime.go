package posture

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
)

// uptime: the service answers from outside, over TLS with a validated certificate.
func uptime(ctx context.Context, c *cloud, f *findings) { visited(ctx, c, f, "ready", "/ready") }

// controlsVisited: whether the controls still run is asked from outside, and not by the scheduler that starts them.
func controlsVisited(ctx context.Context, c *cloud, f *findings) {
	visited(ctx, c, f, "recent", "/security/recent")
}

func visited(ctx context.Context, c *cloud, f *findings, named, path string) {
	list, ok := look(ctx, c, f, ofMonitoring, thing{"uptime checks of", c.project().name},
		"a check from outside over TLS", func(ctx context.Context) ([]*monitoringpb.UptimeCheckConfig, error) {
			return all(c.Uptime.ListUptimeCheckConfigs(ctx,
				&monitoringpb.ListUptimeCheckConfigsRequest{Parent: c.project().name}).Next)
		})
	if !ok {
		return
	}
	t := thing{"uptime check", c.project().name + "/uptimeCheckConfigs/" + label + "=" + named}
	at := slices.IndexFunc(list, func(u *monitoringpb.UptimeCheckConfig) bool {
		return u.GetUserLabels()[label] == named
	})
	if at < 0 {
		f.missing(t, "a check from outside over TLS")
		return
	}
	u := list[at]
	h := u.GetHttpCheck()
	f.expect(h.GetUseSsl() && h.GetValidateSsl(), t, "asks over TLS: "+yes(h.GetUseSsl())+
		", and looks at the certificate: "+yes(h.GetValidateSsl()), "yes, yes")
	f.expect(h.GetPath() == path, t, "asks for "+orNone(h.GetPath()), path)
	f.expect(!acceptsErrors(h), t, "takes an error for a good answer: "+yes(acceptsErrors(h)), "no")
	web, ok := runService(ctx, c, f, webService, "the address of the service")
	host, want := u.GetMonitoredResource().GetLabels()["host"],
		strings.TrimSuffix(strings.TrimPrefix(setting(web, "TOH_BASE_URL"), "https://"), "/")
	if ok {
		f.expect(host == want, t, "asks "+orNone(host), want)
	}
}

// acceptsErrors reports whether a check passes although the answer says that something is wrong. Without codes of its
// own a check accepts only those from 200 to 299.
func acceptsErrors(h *monitoringpb.UptimeCheckConfig_HttpCheck) bool {
	for _, s := range h.GetAcceptedResponseStatusCodes() {
		class := s.GetStatusClass()
		good := class == monitoringpb.UptimeCheckConfig_HttpCheck_ResponseStatusCode_STATUS_CLASS_2XX
		if v := s.GetStatusValue(); class == 0 {
			good = v >= 200 && v < 300
		}
		if !good {
			return true
		}
	}
	return false
}

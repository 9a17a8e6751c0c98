package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// baseURL reads the public address of the service.
func (r *reader) baseURL(name string) string {
	v := r.optional(name)
	if v == "" {
		r.problem(name, "is missing: set it to the public address of the service, as in https://opera.example.org")
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		r.problem(name, "is not a URL: set it to something like https://opera.example.org")
		return ""
	}
	r.checkBase(name, u)
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

func (r *reader) checkBase(name string, u *url.URL) {
	if u.Scheme != "https" {
		r.problem(name, "must start with https:// because sign-ins and documents travel over it")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		r.problem(name, "must be only a scheme and a host, without path, query or user, as in "+
			"https://opera.example.org")
	}
	if isLoopback(u.Hostname()) {
		r.problem(name, "names this machine: set it to the public name of the service (to run on one machine, use "+
			"toh-local)")
	}
}

// audience reads the audience that a push token must have.
func (r *reader) audience(name string) string {
	v := r.optional(name)
	if v == "" {
		r.problem(name, "is missing: set it to the audience of the push subscription, as in "+
			"https://tasks.opera.example.org")
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		r.problem(name, "is not valid: set it to an https URL, exactly as on the push subscription")
	}
	return v
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

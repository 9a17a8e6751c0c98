package config

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"
)

// LocalPushAccount is the service account in whose name the local cloud signs pushes.
const LocalPushAccount = "push@toh-local.iam.gserviceaccount.com"

// Local is the configuration of a one-machine installation that listens on addr, which must be a loopback address with
// a port.
func Local(addr string) (Config, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return Config{}, fmt.Errorf("address %q: use host:port, as in 127.0.0.1:8080: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 1 || port > 65535 {
		return Config{}, fmt.Errorf("address %q: the port must be a number from 1 to 65535", addr)
	}
	if !isLoopback(host) || host == "0.0.0.0" || host == "::" {
		return Config{}, fmt.Errorf("address %q can be reached from other machines: use 127.0.0.1, because a "+
			"one-machine "+
			"installation has no TLS", addr)
	}
	return local("http://"+net.JoinHostPort(named(host), portText), port), nil
}

// named is the name of this machine. Browsers offer passkeys only at an address with a name.
func named(host string) string {
	if host == "127.0.0.1" || host == "::1" {
		return "localhost"
	}
	return host
}

func local(base string, port int) Config {
	return Config{
		Local:           true,
		BaseURL:         base,
		Role:            All,
		Port:            port,
		Project:         "toh-local",
		Region:          "local-machine1",
		ContentDatabase: "toh-content",
		KeysDatabase:    "toh-keys",
		KMSKey:          "projects/toh-local/locations/local-machine1/keyRings/toh/cryptoKeys/workspaces",
		Topic:           "toh-tasks",
		TrailView:       trailView("toh-local", "local-machine1", "audit"),
		Operator:        unnamedOperator,
		Secrets:         usualSecrets(),
		Push:            Push{LocalPushAccount, base + "/push"},
		Mail:            Mail{Vendor: Catch, From: "Tiny Opera House <house@toh-local.invalid>"},
		Session:         Session{12 * time.Hour, 7 * 24 * time.Hour},
		BcryptCost:      12,
		ProxyHops:       0, // no proxy of ours stands in front, so X-Forwarded-For holds only what the visitor claims
		LogLevel:        slog.LevelInfo,
	}
}

package run

import (
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
)

const (
	maxEnv      = 1000
	maxEnvBytes = 32_768
)

var (
	imagePattern  = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$`)
	cpuPattern    = regexp.MustCompile(`^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]+)?|0?\.[0-9]+)$`)
	memoryPattern = regexp.MustCompile(`^[1-9][0-9]*(Ki|Mi|Gi|k|M|G)$`)
	envPattern    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	// Cloud Run sets these itself.
	reservedEnv = []string{"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
)

func checkContainers(containers []*runpb.Container) error {
	if len(containers) == 0 || len(containers) > maxContainers {
		return invalid("template.containers has %d containers; it must have 1 to %d.", len(containers), maxContainers)
	}
	withPorts := 0
	for _, c := range containers {
		if len(c.GetPorts()) > 0 {
			withPorts++
		}
		if err := checkContainer(c); err != nil {
			return err
		}
	}
	if withPorts > 1 || withPorts == 0 && len(containers) > 1 {
		return invalid("template.containers: exactly one container must have a port.")
	}
	return nil
}

func checkContainer(c *runpb.Container) error {
	if !imagePattern.MatchString(c.GetImage()) {
		return invalid("template.containers: image %q is invalid.", c.GetImage())
	}
	if err := checkPorts(c.GetPorts()); err != nil {
		return err
	}
	if err := checkEnv(c.GetEnv()); err != nil {
		return err
	}
	if err := checkLimits(c.GetResources().GetLimits()); err != nil {
		return err
	}
	if err := checkProbe("startup_probe", c.GetStartupProbe(), 240); err != nil {
		return err
	}
	if c.GetLivenessProbe().GetTcpSocket() != nil {
		return invalid("template.containers.liveness_probe: tcp_socket is not supported.")
	}
	return checkProbe("liveness_probe", c.GetLivenessProbe(), 3600)
}

func checkPorts(ports []*runpb.ContainerPort) error {
	if len(ports) > 1 {
		return invalid("template.containers.ports has more than one port.")
	}
	for _, p := range ports {
		if p.GetContainerPort() < 1 || p.GetContainerPort() > 65535 {
			return invalid("template.containers.ports: %d is not a port.", p.GetContainerPort())
		}
		if !slices.Contains([]string{"", "http1", "h2c"}, p.GetName()) {
			return invalid("template.containers.ports: the name %q is neither http1 nor h2c.", p.GetName())
		}
	}
	return nil
}

// checkEnv never repeats a value, because it may be a secret that somebody put in the wrong place.
func checkEnv(env []*runpb.EnvVar) error {
	if len(env) > maxEnv {
		return invalid("template.containers.env has more than %d variables.", maxEnv)
	}
	seen := map[string]bool{}
	for _, e := range env {
		name, ref := e.GetName(), e.GetValueSource().GetSecretKeyRef()
		switch {
		case !envPattern.MatchString(name):
			return invalid("template.containers.env: the name %q is invalid.", name)
		case slices.Contains(reservedEnv, name) || strings.HasPrefix(name, "X_GOOGLE_"):
			return invalid("template.containers.env: the name %s is reserved.", name)
		case seen[name]:
			return invalid("template.containers.env: %s is there twice.", name)
		case len(name)+len(e.GetValue()) > maxEnvBytes:
			return invalid("template.containers.env: %s has more than %d bytes.", name, maxEnvBytes)
		case e.GetValueSource() != nil && ref.GetVersion() == "":
			return invalid("template.containers.env: %s names no version of its secret.", name)
		}
		seen[name] = true
	}
	return nil
}

func checkLimits(limits map[string]string) error {
	patterns := map[string]*regexp.Regexp{"cpu": cpuPattern, "memory": memoryPattern}
	for key, value := range limits {
		if patterns[key] == nil || !patterns[key].MatchString(value) {
			return invalid("template.containers.resources.limits: %s=%q is invalid.", key, value)
		}
	}
	return nil
}

// checkProbe ignores zero values, which are replaced by defaults.
func checkProbe(what string, p *runpb.Probe, most int32) error {
	period, timeout := max(p.GetPeriodSeconds(), 0), p.GetTimeoutSeconds()
	if period == 0 {
		period = 10
	}
	switch {
	case p == nil:
		return nil
	case p.GetProbeType() == nil:
		return invalid("template.containers.%s has no action.", what)
	case p.GetInitialDelaySeconds() < 0 || p.GetInitialDelaySeconds() > most:
		return invalid("template.containers.%s.initial_delay_seconds must be from 0 to %d.", what, most)
	case p.GetPeriodSeconds() < 0 || p.GetPeriodSeconds() > most:
		return invalid("template.containers.%s.period_seconds must be from 1 to %d.", what, most)
	case timeout < 0 || timeout > period:
		return invalid("template.containers.%s.timeout_seconds must be from 1 to the period of %d.", what, period)
	case p.GetFailureThreshold() < 0:
		return invalid("template.containers.%s.failure_threshold must be at least 1.", what)
	}
	return nil
}

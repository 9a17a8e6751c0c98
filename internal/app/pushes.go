package app

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/edge/push"
)

// pushes answers Pub/Sub: tasks, and ticks for regular work. The web service has none, because its configuration does
// not say whose pushes to accept.
func (a *App) pushes(ctx context.Context, o Options) (http.Handler, error) {
	if o.Config.Role == config.Web {
		return http.NotFoundHandler(), nil
	}
	verifier, err := push.NewVerifier(ctx, push.VerifierOptions{
		Audience: o.Config.Push.Audience, ServiceAccount: o.Config.Push.ServiceAccount, Transport: o.Outside,
		Clock: o.Clock,
	})
	if err != nil {
		return nil, err
	}
	handler, err := push.NewHandler(push.Options{Verifier: verifier, Runner: a.Queue, Ticks: a.ticks(o)})
	if err != nil {
		return nil, err
	}
	return a.logged(handler), nil
}

// ticks are the parts of a tick.
func (a *App) ticks(o Options) []push.Tick {
	list := []push.Tick{
		{Name: "jobs", Run: func(ctx context.Context) error { _, err := a.Queue.Sweep(ctx); return err }},
		{Name: "keys", Run: a.keys.Daily},
		{Name: "trail", Run: a.sweepTrail},
		{Name: "checkpoints", Run: a.ground.sweeper.Sweep},
		{Name: "changes", Run: a.changes.Look},
	}
	if a.attesting.open != nil {
		list = append(list, push.Tick{Name: "attestation", Run: a.attestHourly})
	}
	if a.mirror != nil {
		list = append(list, push.Tick{Name: "mirror", Run: a.copyOften})
	}
	if !o.Still {
		list = append(list, push.Tick{Name: "controls", Run: a.controlPromises})
	}
	return list
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/operator"
)

// target says which installation a command works on.
type target struct {
	project, region, folder string
	empty                   bool // a folder without a cloud is an empty project
}

// flags are those of every command that works on an installation.
func (t *target) flags(f *flag.FlagSet) {
	f.StringVar(&t.project, "project", "", "`id` of the Google Cloud project")
	f.StringVar(&t.region, "region", "", "`region` of the installation, as in europe-west1")
	f.StringVar(&t.folder, "localcloud", "", "work on an in-process cloud in this `folder` and not on Google Cloud")
}

// local reports whether the command works on a folder.
func (t target) local() bool { return t.folder != "" }

// fill gives a folder the project and region of a one-machine installation, where none are given.
func (t target) fill() (target, error) {
	if here, err := config.Local("127.0.0.1:1"); err == nil && t.local() {
		if t.project == "" {
			t.project = here.Project
		}
		if t.region == "" {
			t.region = here.Region
		}
	}
	if t.project == "" || t.region == "" {
		return t, errors.New("--project and --region are needed, or --localcloud")
	}
	return t, nil
}

// installation is what a command works on, open.
type installation struct {
	target
	Admin *operator.Clients
	cloud *admin.Cloud // nil on Google Cloud
	logs  *slog.Logger
	close []func() error
}

// open opens the clients of an installation. It creates a folder only for a command that may start with an empty
// project.
func (t target) open(ctx context.Context, logs io.Writer) (*installation, error) {
	t, err := t.fill()
	if err != nil {
		return nil, err
	}
	in := &installation{target: t,
		logs: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelError}))}
	if err := in.openAll(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (in *installation) openAll(ctx context.Context) error {
	options := operator.Options{Project: in.project, UserAgent: "tohctl"}
	if in.local() {
		if err := in.openFolder(ctx); err != nil {
			return err
		}
		options.Dial, options.Transport = in.cloud.Conn(), in.cloud.HTTP()
	}
	var err error
	if in.Admin, err = operator.Open(ctx, options); err != nil {
		return err
	}
	in.close = append(in.close, in.Admin.Close)
	return nil
}

func (in *installation) openFolder(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(in.folder, "master.key")); err != nil && !in.empty {
		return fmt.Errorf("--localcloud %s: there is no local cloud in this folder", in.folder)
	}
	var err error
	if in.cloud, err = admin.Open(ctx, localcloud.Options{Dir: in.folder, Logger: in.logs}); err == nil {
		in.close = append(in.close, in.cloud.Close)
	}
	return err
}

// with does something with the clients of the installation, and closes them.
func (t target) with(ctx context.Context, logs io.Writer, do func(*installation) error) error {
	in, err := t.open(ctx, logs)
	if err != nil {
		return err
	}
	return errors.Join(do(in), in.Close())
}

// Close closes everything, in reverse order.
func (in *installation) Close() error {
	var all error
	for i := len(in.close) - 1; i >= 0; i-- {
		all = errors.Join(all, in.close[i]())
	}
	in.close = nil
	return all
}

// operator opens the part below the use cases: databases, keys, trail and jobs, under the names that every installation
// has.
func (in *installation) operator(ctx context.Context) (*app.Operator, error) {
	cfg := config.Installed(in.project, in.region)
	options := gcp.Options{Project: cfg.Project, FirestoreDatabase: cfg.ContentDatabase, KeysDatabase: cfg.KeysDatabase,
		UserAgent: "tohctl"}
	if in.local() {
		options.Dial = in.cloud.Conn()
	}
	clients, err := gcp.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	in.close = append(in.close, clients.Close)
	o, err := app.NewOperator(ctx, app.OperatorOptions{Config: cfg, Clients: clients, Logger: in.logs})
	if err != nil {
		return nil, err
	}
	in.close = append(in.close, func() error { return o.Close(context.WithoutCancel(ctx)) })
	return o, nil
}

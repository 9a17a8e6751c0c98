package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// databases are those that the service uses, by what they hold.
var databases = map[string]func() []store.Collection{
	"content": app.ContentCollections,
	"keys":    app.KeysCollections,
}

// runIndexes prints what one database needs before the service's queries can run in it.
func runIndexes(_ context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("tohctl indexes", flag.ContinueOnError)
	flags.SetOutput(logs)
	database := flags.String("database", "content", "which database: content or keys")
	_ = flags.String("localcloud", "", "accepted as by every command; what is declared stands in the program")
	if err := flags.Parse(args); err != nil {
		return err
	}
	collections, known := databases[*database]
	if !known || flags.NArg() > 0 {
		return fmt.Errorf("--database %q %q: content or keys", *database, flags.Args())
	}
	text, err := store.Indexes(collections()).JSON()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

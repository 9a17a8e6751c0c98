package logging

import (
	"fmt"
	"sync"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// config holds buckets, views and sinks in memory, and every change of them on disk. What Google makes by
// itself in each project — _Default and _Required — is made when a project is first named.
type config struct {
	store       table.Store
	bucketTable table.Table[loggingpb.LogBucket, *loggingpb.LogBucket]
	viewTable   table.Table[loggingpb.LogView, *loggingpb.LogView]
	sinkTable   table.Table[loggingpb.LogSink, *loggingpb.LogSink]

	mu       sync.RWMutex
	projects map[string]bool
	buckets  map[string]*loggingpb.LogBucket
	views    map[string]view
	sinks    map[string]sink
}

type view struct {
	pb     *loggingpb.LogView
	filter filter.Filter
}

type sink struct {
	pb         *loggingpb.LogSink
	project    string
	bucket     string
	filter     filter.Filter
	exclusions []filter.Filter
}

func loadConfig(store table.Store) (*config, error) {
	c := &config{
		store:       store,
		bucketTable: table.New[loggingpb.LogBucket](store, "log/bucket/"),
		viewTable:   table.New[loggingpb.LogView](store, "log/view/"),
		sinkTable:   table.New[loggingpb.LogSink](store, "log/sink/"),
		projects:    map[string]bool{},
		buckets:     map[string]*loggingpb.LogBucket{},
		views:       map[string]view{},
		sinks:       map[string]sink{},
	}
	return c, c.load()
}

func (c *config) load() error {
	err := c.bucketTable.Each("", func(name string, b *loggingpb.LogBucket) bool {
		c.project(projectOf(name))
		c.setBucket(b)
		return true
	})
	if err != nil {
		return fmt.Errorf("load log buckets: %w", err)
	}
	if err := c.loadViews(); err != nil {
		return fmt.Errorf("load log views: %w", err)
	}
	if err := c.loadSinks(); err != nil {
		return fmt.Errorf("load log sinks: %w", err)
	}
	return nil
}

func (c *config) loadViews() error {
	var bad error
	err := c.viewTable.Each("", func(_ string, v *loggingpb.LogView) bool {
		var compiled view
		if compiled, bad = compileView(v); bad == nil {
			c.views[v.GetName()] = compiled
		}
		return bad == nil
	})
	if err != nil {
		return err
	}
	return bad
}

func (c *config) loadSinks() error {
	var bad error
	err := c.sinkTable.Each("", func(name string, s *loggingpb.LogSink) bool {
		c.project(projectOf(name))
		var compiled sink
		if compiled, bad = compileSink(projectOf(name), s); bad == nil {
			c.sinks[name] = compiled
		}
		return bad == nil
	})
	if err != nil {
		return err
	}
	return bad
}

// setBucket puts a bucket in place with the view that every bucket has.
func (c *config) setBucket(b *loggingpb.LogBucket) {
	c.buckets[b.GetName()] = b
	name := b.GetName() + "/views/" + allLogs
	if _, ok := c.views[name]; !ok {
		c.views[name] = view{pb: &loggingpb.LogView{Name: name}}
	}
}

// read runs fn under the read lock, with the defaults of the project in place.
func (c *config) read(project string, fn func()) {
	c.mu.RLock()
	known := c.projects[project]
	c.mu.RUnlock()
	if !known {
		c.mu.Lock()
		c.project(project)
		c.mu.Unlock()
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	fn()
}

// write runs fn under the write lock, with the defaults of the project in place.
func (c *config) write(project string, fn func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.project(project)
	return fn()
}

package firestore

import (
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// EnsureDatabase creates the database if it does not exist.
func (s *Server) EnsureDatabase(project, id string) error {
	_, err := s.createDatabase("projects/"+project+"/databases/"+id, plainSettings())
	if status.Code(err) == codes.AlreadyExists {
		return nil
	}
	return err
}

func (s *Server) createDatabase(name string, settings *adminpb.Database) (*database, error) {
	d, err := s.newDatabase(name, settings)
	if err != nil {
		return nil, err
	}
	if err := s.saveRecord(d, d.record); err != nil {
		s.giveUp(d)
		return nil, err
	}
	s.publish(d)
	return d, nil
}

// newDatabase reserves a name and a number. The caller writes the database and publishes it, or gives it up.
func (s *Server) newDatabase(name string, settings *adminpb.Database) (*database, error) {
	if err := resource.CheckDatabase(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.databases[name] != nil || s.reserved[name] {
		return nil, status.Errorf(codes.AlreadyExists, "Database already exists: %s", name)
	}
	d := &database{name: name, id: s.nextID, numbers: s.numbers, schema: schema{}}
	d.record = record{ID: d.id, Created: s.now(), NextIndex: 1}
	if err := d.record.setSettings(settings); err != nil {
		return nil, err
	}
	s.nextID++
	s.reserved[name] = true
	return d, nil
}

// publish makes a database visible.
func (s *Server) publish(d *database) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases[d.name] = d
	delete(s.reserved, d.name)
}

func (s *Server) giveUp(d *database) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reserved, d.name)
}

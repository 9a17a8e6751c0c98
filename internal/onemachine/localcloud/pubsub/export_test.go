package pubsub

import "google.golang.org/protobuf/proto"

// Waiting is how many messages of a subscription wait for their time and are with no subscriber.
func (s *Server) Waiting(name string) int {
	sub, err := s.sub(name)
	if err != nil {
		return -1
	}
	sub.backlog.mu.Lock()
	defer sub.backlog.mu.Unlock()
	n := 0
	for _, it := range sub.backlog.items {
		if it.state == waiting {
			n++
		}
	}
	return n
}

// Left is how many messages of a subscription were not accepted yet.
func (s *Server) Left(name string) int {
	sub, err := s.sub(name)
	if err != nil {
		return -1
	}
	return len(sub.backlog.all())
}

// SetDeadline sets an acknowledgement deadline that is shorter than a client may ask for.
func (s *Server) SetDeadline(name string, seconds int32) {
	sub, err := s.sub(name)
	if err != nil {
		panic(err)
	}
	pb := proto.CloneOf(sub.get())
	pb.AckDeadlineSeconds = seconds
	sub.pb.Store(pb)
}

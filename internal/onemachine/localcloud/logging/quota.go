package logging

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// takeRead counts a read against the quota of the minute, if there is one.
func (s *Server) takeRead() error {
	if s.opts.ReadsPerMinute <= 0 {
		return nil
	}
	s.quota.Lock()
	defer s.quota.Unlock()
	if minute := s.clock.Now().Truncate(time.Minute); !minute.Equal(s.quota.minute) {
		s.quota.minute, s.quota.reads = minute, 0
	}
	if s.quota.reads >= s.opts.ReadsPerMinute {
		return status.Error(codes.ResourceExhausted, "Quota exceeded for quota metric 'Read requests' and limit "+
			"'Read requests per minute' of service 'logging.googleapis.com'.")
	}
	s.quota.reads++
	return nil
}

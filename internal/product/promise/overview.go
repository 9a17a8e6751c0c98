package promise

import (
	"context"
	"slices"
	"time"
)

// cached is for how long a board that was read is shown to everybody.
const cached = 10 * time.Second

// lateAfter is how long there may be no run at all before that is said first.
const lateAfter = 35 * time.Minute

// Overview is everything that the public page shows.
type Overview struct {
	At                      time.Time
	Since                   time.Time // of the first run; zero before it
	LastRun                 time.Time
	Late                    bool // there should have been a run since
	Kept, Broken, Unchecked int
	Promises                []Standing
	Words                   []Standing    // which are not counted
	Episodes                []PastEpisode // the latest first
}

// PastEpisode is a time in which a control failed. Detail is empty while it lasts.
type PastEpisode struct {
	Episode
	Promises []string
	Says     string // what the control does
}

// Overview says what is known now. The board is read at most once in some seconds, however many people ask.
func (s *Service) Overview(ctx context.Context) (*Overview, error) {
	b, err := s.recent(ctx)
	if err != nil {
		return nil, err
	}
	now := s.o.Gate.Clock().Now()
	o := &Overview{At: now, Since: b.Since}
	for _, l := range b.Controls {
		if l.At.After(o.LastRun) {
			o.LastRun = l.At
		}
	}
	o.Late = !o.LastRun.IsZero() && now.Sub(o.LastRun) > lateAfter
	for _, p := range Words() {
		o.Words = append(o.Words, b.standing(p, s.o.Controls, now))
	}
	for _, p := range All() {
		st := b.standing(p, s.o.Controls, now)
		o.Promises = append(o.Promises, st)
		switch st.State {
		case Kept:
			o.Kept++
		case Broken:
			o.Broken++
		default:
			o.Unchecked++
		}
	}
	o.Episodes = s.episodes(b)
	return o, nil
}

// episodes are the times in which controls failed. How they failed is told only once they pass again.
func (s *Service) episodes(b *board) []PastEpisode {
	var list []PastEpisode
	for _, e := range slices.Backward(b.Episodes) {
		if e.Until.IsZero() {
			e.Detail = ""
		}
		past := PastEpisode{Episode: e}
		if i := slices.IndexFunc(s.o.Controls, func(c Control) bool { return c.ID == e.Control }); i >= 0 {
			past.Promises, past.Says = s.o.Controls[i].Promises, s.o.Controls[i].Says
		}
		list = append(list, past)
	}
	return list
}

// recent is the board as it was at most some seconds ago.
func (s *Service) recent(ctx context.Context) (*board, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Gate.Clock().Now()
	if s.seen != nil && now.Sub(s.when) < cached && !now.Before(s.when) {
		return s.seen, nil
	}
	b, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.seen, s.when = b, now
	return b, nil
}

// forget makes the next look read the board again.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = nil
}

// Control is the control with an id.
func (s *Service) Control(id string) (Control, bool) {
	i := slices.IndexFunc(s.o.Controls, func(c Control) bool { return c.ID == id })
	if i < 0 {
		return Control{}, false
	}
	return s.o.Controls[i], true
}

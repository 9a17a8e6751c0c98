package scheduler_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	api "cloud.google.com/go/scheduler/apiv1"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/scheduler"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	parent = "projects/tiny-opera/locations/europe-west1"
	name   = parent + "/jobs/toh-tick"
	topic  = "projects/tiny-opera/topics/toh-tick"
)

// at is a quarter past noon in UTC, on a Saturday in winter.
var at = time.Date(2026, 11, 21, 12, 15, 0, 0, time.UTC)

// published is a topic that refuses messages for another one.
type published struct {
	mu   sync.Mutex
	got  []*pubsubpb.PubsubMessage
	each chan struct{}
}

func (p *published) Publish(_ context.Context, req *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	if req.GetTopic() != topic {
		return nil, status.Error(codes.NotFound, "no topic")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, req.GetMessages()...)
	if p.each != nil {
		p.each <- struct{}{}
	}
	return &pubsubpb.PublishResponse{MessageIds: []string{"1"}}, nil
}

func (p *published) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

type world struct {
	*api.CloudSchedulerClient
	server *scheduler.Server
	clock  *modeltest.Clock
	topic  *published
}

func open(t *testing.T, store table.Store) world {
	t.Helper()
	w := world{clock: modeltest.NewClock(at), topic: &published{}}
	w.server = scheduler.New(store, w.clock, w.topic)
	conn := tabletest.Conn(w.server.Register)
	w.CloudSchedulerClient = tabletest.Must(api.NewCloudSchedulerClient(t.Context(), tabletest.ClientOptions(conn)...))(
		t)
	return w
}

func job() *schedulerpb.Job {
	return &schedulerpb.Job{
		Name: name, Schedule: "*/10 * * * *", TimeZone: "Etc/UTC",
		Target: &schedulerpb.Job_PubsubTarget{PubsubTarget: &schedulerpb.PubsubTarget{TopicName: topic,
			Attributes: map[string]string{"kind": "tick"}}},
	}
}

func (w world) create(t *testing.T, j *schedulerpb.Job) (*schedulerpb.Job, error) {
	t.Helper()
	return w.CreateJob(t.Context(), &schedulerpb.CreateJobRequest{Parent: parent, Job: j})
}

func (w world) get(t *testing.T) *schedulerpb.Job {
	t.Helper()
	return tabletest.Must(w.GetJob(t.Context(), &schedulerpb.GetJobRequest{Name: name}))(t)
}

// after moves the clock and runs what is due.
func (w world) after(t *testing.T, d time.Duration) (wait time.Duration) {
	t.Helper()
	w.clock.Advance(d)
	for range 2 { // the second time nothing may be due any more
		var err error
		if wait, err = w.server.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return wait
}

func TestRunsOnceWhenDue(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	made := tabletest.Must(w.create(t, job()))(t)
	if made.GetState() != schedulerpb.Job_ENABLED || !made.GetScheduleTime().AsTime().Equal(at.Add(5*time.Minute)) {
		t.Errorf("made %v", made)
	}
	if wait := w.after(t, 5*time.Minute-time.Second); w.topic.count() != 0 || wait != time.Second {
		t.Errorf("ran %d times before it was due; next in %s", w.topic.count(), wait)
	}
	if wait := w.after(t, time.Second); w.topic.count() != 1 || wait != time.Minute {
		t.Errorf("ran %d times when it was due; next look in %s", w.topic.count(), wait)
	}
	if got := w.get(t); !got.GetScheduleTime().AsTime().Equal(at.Add(15*time.Minute)) || !got.GetLastAttemptTime().
		AsTime().Equal(at.Add(5*time.Minute)) || got.GetStatus().GetCode() != 0 {
		t.Errorf("after a run %v", got)
	}
	if w.topic.got[0].GetAttributes()["kind"] != "tick" {
		t.Errorf("published %v", w.topic.got[0])
	}
	w.after(t, 3*time.Hour)
	if w.topic.count() != 2 {
		t.Errorf("ran %d times: what was missed comes once", w.topic.count())
	}
}

func TestJobsStayAndCatchUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, closeStore := tabletest.At(t, dir)
	made := tabletest.Must(open(t, store).create(t, job()))(t)
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w := open(t, store)
	if got := w.get(t); !proto.Equal(got, made) {
		t.Errorf("after reopening %v", got)
	}
	w.after(t, time.Hour)
	if w.topic.count() != 1 {
		t.Errorf("ran %d times", w.topic.count())
	}
}

func TestPauseResumeRun(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	tabletest.Must(w.create(t, job()))(t)
	_, err := w.ResumeJob(t.Context(), &schedulerpb.ResumeJobRequest{Name: name})
	tabletest.WantCode(t, "resume what runs", err, codes.FailedPrecondition)
	if got := tabletest.Must(w.PauseJob(t.Context(), &schedulerpb.PauseJobRequest{Name: name}))(t); got.GetState() !=
		schedulerpb.Job_PAUSED {
		t.Errorf("paused %v", got)
	}
	_, err = w.PauseJob(t.Context(), &schedulerpb.PauseJobRequest{Name: name})
	tabletest.WantCode(t, "pause what is paused", err, codes.FailedPrecondition)
	changed := job()
	changed.Description = "changed"
	if got := tabletest.Must(w.UpdateJob(t.Context(), &schedulerpb.UpdateJobRequest{Job: changed}))(
		t); got.GetState() != schedulerpb.Job_PAUSED || got.GetScheduleTime() != nil {
		t.Errorf("a change wakes it: %v", got)
	}
	w.after(t, time.Hour)
	if w.topic.count() != 0 {
		t.Error("ran although it is paused")
	}
	tabletest.Must(w.RunJob(t.Context(), &schedulerpb.RunJobRequest{Name: name}))(t)
	if w.topic.count() != 1 {
		t.Error("did not run when told to")
	}
	tabletest.Must(w.ResumeJob(t.Context(), &schedulerpb.ResumeJobRequest{Name: name}))(t)
	w.after(t, 0)
	if w.topic.count() != 1 {
		t.Error("resuming made up for what was missed")
	}
	w.after(t, 10*time.Minute)
	if w.topic.count() != 2 {
		t.Errorf("ran %d times after resuming", w.topic.count())
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	target := func(j *schedulerpb.Job) *schedulerpb.PubsubTarget { return j.GetPubsubTarget() }
	for what, c := range map[string]struct {
		change func(*schedulerpb.Job)
		want   codes.Code
	}{
		"good":    {func(*schedulerpb.Job) {}, codes.OK},
		"no name": {func(j *schedulerpb.Job) { j.Name = "" }, codes.OK},
		"name in another place": {func(j *schedulerpb.Job) {
			j.Name = strings.Replace(name, "west1", "west3", 1)
		}, codes.InvalidArgument},
		"no schedule":           {func(j *schedulerpb.Job) { j.Schedule = "" }, codes.InvalidArgument},
		"six fields":            {func(j *schedulerpb.Job) { j.Schedule = "0 * * * * *" }, codes.InvalidArgument},
		"minute 59":             {func(j *schedulerpb.Job) { j.Schedule = "59 * * * *" }, codes.OK},
		"minute 60":             {func(j *schedulerpb.Job) { j.Schedule = "60 * * * *" }, codes.InvalidArgument},
		"a name of the library": {func(j *schedulerpb.Job) { j.Schedule = "@daily" }, codes.InvalidArgument},
		"a zone in the schedule": {func(j *schedulerpb.Job) {
			j.Schedule = "CRON_TZ=UTC 0 * * * *"
		}, codes.InvalidArgument},
		"never":              {func(j *schedulerpb.Job) { j.Schedule = "0 0 30 2 *" }, codes.InvalidArgument},
		"no such zone":       {func(j *schedulerpb.Job) { j.TimeZone = "Europe/Atlantis" }, codes.InvalidArgument},
		"the machine's zone": {func(j *schedulerpb.Job) { j.TimeZone = "Local" }, codes.InvalidArgument},
		"utc":                {func(j *schedulerpb.Job) { j.TimeZone = "utc" }, codes.OK},
		"no target":          {func(j *schedulerpb.Job) { j.Target = nil }, codes.InvalidArgument},
		"another target": {func(j *schedulerpb.Job) {
			j.Target = &schedulerpb.Job_HttpTarget{HttpTarget: &schedulerpb.HttpTarget{Uri: "https://x"}}
		}, codes.Unimplemented},
		"no topic": {func(j *schedulerpb.Job) { target(j).TopicName = "toh-tick" }, codes.InvalidArgument},
		"topic of another": {func(j *schedulerpb.Job) {
			target(j).TopicName = "projects/another-one/topics/toh-tick"
		}, codes.InvalidArgument},
		"an empty message": {func(j *schedulerpb.Job) { target(j).Attributes = nil }, codes.InvalidArgument},
		"5 retries": {func(j *schedulerpb.Job) {
			j.RetryConfig = &schedulerpb.RetryConfig{RetryCount: 5}
		}, codes.OK},
		"6 retries": {func(j *schedulerpb.Job) {
			j.RetryConfig = &schedulerpb.RetryConfig{RetryCount: 6}
		}, codes.InvalidArgument},
		"500 characters": {func(j *schedulerpb.Job) { j.Description = strings.Repeat("ö", 500) }, codes.OK},
		"501 characters": {func(j *schedulerpb.Job) {
			j.Description = strings.Repeat("ö", 501)
		}, codes.InvalidArgument},
	} {
		w, j := open(t, tabletest.Open(t)), job()
		c.change(j)
		_, err := w.create(t, j)
		tabletest.WantCode(t, what, err, c.want)
	}
	w := open(t, tabletest.Open(t))
	tabletest.Must(w.create(t, job()))(t)
	_, err := w.create(t, job())
	tabletest.WantCode(t, "existing", err, codes.AlreadyExists)
	_, err = w.UpdateJob(t.Context(), &schedulerpb.UpdateJobRequest{Job: job(),
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"colour"}}})
	tabletest.WantCode(t, "unknown field", err, codes.InvalidArgument)
}

func TestZones(t *testing.T) {
	t.Parallel()
	w, j := open(t, tabletest.Open(t)), job()
	j.Schedule, j.TimeZone = "30 13 * * *", "Europe/Berlin"
	made := tabletest.Must(w.create(t, j))(t)
	if want := at.Add(15 * time.Minute); !made.GetScheduleTime().AsTime().Equal(want) {
		t.Errorf("half past one in Berlin is %s, want %s", made.GetScheduleTime().AsTime(), want)
	}
}

func TestAFailedPublishIsSeen(t *testing.T) {
	t.Parallel()
	w, j := open(t, tabletest.Open(t)), job()
	j.GetPubsubTarget().TopicName += "-gone"
	tabletest.Must(w.create(t, j))(t)
	w.after(t, 5*time.Minute)
	if got := w.get(t); codes.Code(got.GetStatus().GetCode()) != codes.NotFound || !got.GetScheduleTime().AsTime().
		Equal(at.Add(15*time.Minute)) {
		t.Errorf("after a run that failed: %v", got)
	}
}

func TestRunFollowsTheClockUntilItEnds(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	w.topic.each = make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.server.Run(ctx, func(err error) {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		close(done)
	}()
	tabletest.Must(w.create(t, job()))(t)
	w.clock.Advance(5 * time.Minute)
	w.server.Wake()
	select {
	case <-w.topic.each:
	case <-time.After(10 * time.Second):
		t.Fatal("did not run")
	}
	cancel()
	<-done
	w.clock.Advance(time.Hour)
	if w.topic.count() != 1 {
		t.Errorf("ran %d times", w.topic.count())
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := open(t, tabletest.Open(t))
	tabletest.Must(w.create(t, job()))(t)
	if err := w.DeleteJob(t.Context(), &schedulerpb.DeleteJobRequest{Name: name}); err != nil {
		t.Fatal(err)
	}
	w.after(t, time.Hour)
	err := w.DeleteJob(t.Context(), &schedulerpb.DeleteJobRequest{Name: name})
	tabletest.WantCode(t, "deleted", err, codes.NotFound)
	if w.topic.count() != 0 {
		t.Error("a deleted job runs")
	}
}

package files

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/files"
)

// state is what a script of our pages needs to go on with an upload.
type state struct {
	Upload     string `json:"upload"` // the path of it
	Part       int64  `json:"part"`   // bytes of each part
	Parts      int    `json:"parts"`  // that have arrived
	Received   int64  `json:"received"`
	Generation int    `json:"generation"`
}

func (s *pages) stateOf(q *frame.Request, id string, p files.Progress) (frame.Answer, error) {
	return frame.JSON(http.StatusOK, state{q.WS("/uploads/" + id), files.PartSize, p.Parts, p.Received, p.Generation})
}

// plain puts the sentences about fields into the error's text: here, a form has one field, the file.
func plain(err error) error {
	for _, text := range model.FieldTexts(err) {
		return &model.Error{Kind: model.ErrInvalid, Public: text, Cause: err}
	}
	return err
}

// number is a number in the address; what is none is no number of anything.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func (s *pages) begin(name string, held func(string) records.Held) frame.Handler {
	return func(q *frame.Request) (frame.Answer, error) {
		if err := q.Parse(); err != nil {
			return frame.Answer{}, err
		}
		size, _ := strconv.ParseInt(q.PostForm.Get("size"), 10, 64)
		r, err := s.files.Begin(q.Context(), q.Caller(), files.Input{ID: q.PostForm.Get("id"), Of: held(q.Var(name)),
			Name: q.PostForm.Get("name"), Size: size, Audience: access.Level(q.PostForm.Get("audience"))})
		if err != nil {
			return frame.Answer{}, plain(err)
		}
		p, err := s.files.Progress(q.Context(), q.Caller(), r.ID)
		if err != nil {
			return frame.Answer{}, err
		}
		return s.stateOf(q, r.ID, p)
	}
}

func (s *pages) progress(q *frame.Request) (frame.Answer, error) {
	p, err := s.files.Progress(q.Context(), q.Caller(), q.Var("file"))
	if err != nil {
		return frame.Answer{}, err
	}
	return s.stateOf(q, q.Var("file"), p)
}

func (s *pages) part(q *frame.Request) (frame.Answer, error) {
	p, err := s.files.Part(q.Context(), q.Caller(), q.Var("file"), number(q.Var("generation")), number(q.Var("n")),
		q.Body)
	if err != nil {
		return frame.Answer{}, plain(err)
	}
	return s.stateOf(q, q.Var("file"), p)
}

func (s *pages) complete(q *frame.Request) (frame.Answer, error) {
	r, err := s.files.Complete(q.Context(), q.Caller(), q.Var("file"), "")
	if err != nil {
		return frame.Answer{}, plain(err)
	}
	return frame.JSON(http.StatusOK, map[string]string{"state": string(r.Body.State)})
}

func (s *pages) cancel(q *frame.Request) (frame.Answer, error) {
	err := s.files.Cancel(q.Context(), q.Caller(), q.Var("file"))
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, map[string]string{})
}

// addForm takes the files of a form, as browsers without our script send it.
func (s *pages) addForm(name string, held func(string) records.Held) frame.Handler {
	return func(q *frame.Request) (frame.Answer, error) {
		of := held(q.Var(name))
		if err := s.files.MayAdd(q.Context(), q.Caller(), of); err != nil {
			return frame.Answer{}, err
		}
		select {
		case s.forms <- struct{}{}:
			defer func() { <-s.forms }()
		case <-q.Context().Done():
			return frame.Answer{}, model.Unavailable(q.Context().Err())
		}
		n, err := s.takeForm(q, of)
		if err != nil {
			return frame.Answer{}, plain(tooLarge(q, err))
		}
		if n == 0 {
			return frame.Answer{}, model.Invalid("%s", q.T("files.none-chosen"))
		}
		q.Flash("files.added", "")
		return frame.Go(q.WS("/" + name + "s/" + of.ID + "#files")), nil
	}
}

func tooLarge(q *frame.Request, err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return &model.Error{Kind: model.ErrTooLarge, Public: q.T("files.form-too-large", files.Bytes(MostOfForm)),
			Cause: err}
	}
	return err
}

// takeForm adds the files one by one, and says how many there were.
func (s *pages) takeForm(q *frame.Request, of records.Held) (int, error) {
	form, err := q.MultipartReader()
	if err != nil {
		return 0, &model.Error{Kind: model.ErrInvalid, Public: q.T("form.unreadable"), Cause: err}
	}
	in := files.Input{Of: of}
	for n := 0; ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		switch {
		case part.FormName() == "audience":
			level, err := io.ReadAll(io.LimitReader(part, 20))
			if err != nil {
				return n, err
			}
			in.Audience = access.Level(level)
		case part.FormName() == "files" && part.FileName() != "":
			if err := s.takeFile(q, in, part); err != nil {
				return n, err
			}
			n++
		}
	}
}

// takeFile adds one file. If it is refused, nothing of it stays.
func (s *pages) takeFile(q *frame.Request, in files.Input, part *multipart.Part) error {
	data, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	in.Name, in.Size = part.FileName(), int64(len(data))
	r, err := s.files.Begin(q.Context(), q.Caller(), in)
	if err != nil {
		return err
	}
	from := bytes.NewReader(data)
	for n := 0; from.Len() > 0 && err == nil; n++ {
		_, err = s.files.Part(q.Context(), q.Caller(), r.ID, 1, n, io.LimitReader(from, files.PartSize))
	}
	if err == nil {
		_, err = s.files.Complete(q.Context(), q.Caller(), r.ID, "")
	}
	if err == nil {
		return nil
	}
	if failure := s.files.Cancel(q.Context(), q.Caller(), r.ID); failure != nil && !errors.Is(failure,
		model.ErrNotFound) {
		return errors.Join(err, failure) // it is removed after a day
	}
	return err
}

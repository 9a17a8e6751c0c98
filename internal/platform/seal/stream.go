package seal

import (
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// SealStream seals a file for the place that b names, segment by segment. The sealed file is complete only when Close
// of the result has returned nil; that does not close w.
func (r *Ring) SealStream(w io.Writer, b Binding) (io.WriteCloser, error) {
	files, err := r.fileKeys(b)
	if err != nil {
		return nil, err
	}
	out, err := files.NewEncryptingWriter(w, b.appendTo(nil, fileDomain))
	if err != nil {
		return nil, fmt.Errorf("seal: start a file: %w", err)
	}
	return out, nil
}

// OpenStream opens a sealed file. Everything it returns is authentic and in order, but only its end shows whether the
// file is complete: io.EOF says that it is, ErrInvalid that it was changed, truncated or sealed for another place.
func (r *Ring) OpenStream(from io.Reader, b Binding) (io.Reader, error) {
	files, err := r.fileKeys(b)
	if err != nil {
		return nil, invalid(err)
	}
	source := &source{from: from}
	plain, err := files.NewDecryptingReader(source, b.appendTo(nil, fileDomain))
	if err != nil {
		return nil, invalid(fmt.Errorf("seal: open a file: %w", err))
	}
	return &opener{plain: plain, source: source}, nil
}

func (r *Ring) fileKeys(b Binding) (tink.StreamingAEAD, error) {
	if err := b.check(r.scope); err != nil {
		return nil, err
	}
	h, err := unmarshalKeyset(r.files)
	if err != nil {
		return nil, err
	}
	files, err := streamingaead.New(h)
	if err != nil {
		return nil, fmt.Errorf("seal: set up file keys: %w", err)
	}
	return files, nil
}

// source remembers why reading the sealed file failed, to distinguish a broken connection from a damaged file.
type source struct {
	from io.Reader
	err  error
}

// Read reads from the sealed file.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// opener maps failures of opening to their kind.
type opener struct {
	plain  io.Reader
	source *source
}

// Read reads the opened file.
func (o *opener) Read(p []byte) (int, error) {
	n, err := o.plain.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF) && o.source.err == nil:
		return n, err
	case o.source.err != nil:
		return n, fmt.Errorf("seal: read a sealed file: %w", o.source.err)
	}
	return n, invalid(fmt.Errorf("seal: open a file: %w", err))
}

package resource

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits of names.
const (
	maxID    = 1500
	maxName  = 6 << 10
	maxDepth = 100
)

// Doc is the name of a document, or of the root of a database when it has no segments.
type Doc struct {
	// Database is the name up to the database: projects/P/databases/D.
	Database string
	// Segments are the ids after "documents": collection, document, collection, document…
	Segments []string
}

// Group is the id of the document's collection.
func (d Doc) Group() string { return d.Segments[len(d.Segments)-2] }

// Collection is the encoded path of the document's collection, which all its siblings share.
func (d Doc) Collection() []byte {
	return AppendPath(make([]byte, 0, 64), d.Segments[:len(d.Segments)-1])
}

// ID is the last segment.
func (d Doc) ID() string { return d.Segments[len(d.Segments)-1] }

// String is the name as it goes over the wire.
func (d Doc) String() string { return d.Database + "/documents/" + strings.Join(d.Segments, "/") }

// AppendPath adds the encodings of all segments to dst.
func AppendPath(dst []byte, segments []string) []byte {
	for _, s := range segments {
		dst = AppendSegment(dst, s)
	}
	return dst
}

// Path turns an encoded path back into text.
func Path(b []byte) string {
	var out strings.Builder
	for len(b) > 0 && b[0] != End {
		var id string
		id, b = TakeSegment(b)
		if out.Len() > 0 {
			out.WriteByte('/')
		}
		out.WriteString(id)
	}
	return out.String()
}

// CheckDatabase checks the name of a database.
func CheckDatabase(name string) error {
	parts := strings.Split(name, "/")
	if len(parts) == 4 && parts[0] == "projects" && parts[2] == "databases" && parts[1] != "" && parts[3] != "" {
		return nil
	}
	return lacks("Database", name)
}

// ParseDoc reads and checks the name of a document.
func ParseDoc(name string) (Doc, error) {
	d, err := ParseParent(name)
	if err != nil {
		return Doc{}, err
	}
	if len(d.Segments) == 0 {
		return Doc{}, invalid("Document name %q lacks a collection id at index 5.", name)
	}
	return d, nil
}

// ParseParent reads and checks the name of a document or of the root of a database.
func ParseParent(name string) (Doc, error) {
	database, rest, err := splitDatabase(name)
	if err != nil {
		return Doc{}, err
	}
	d := Doc{Database: database}
	if rest == "" {
		return d, nil
	}
	if len(name) > maxName {
		return Doc{}, invalid("The document name is longer than %d bytes.", maxName)
	}
	d.Segments = strings.Split(rest, "/")
	return d, checkSegments(name, d.Segments)
}

// splitDatabase cuts projects/P/databases/D/documents/rest.
func splitDatabase(name string) (database, rest string, err error) {
	slash := 0
	for i, want := range [...]string{"projects", "", "databases", "", "documents"} {
		part, _, _ := strings.Cut(name[slash:], "/")
		if part == "" || want != "" && part != want {
			return "", "", lacks("Document", name)
		}
		if i == 4 {
			rest = name[slash+len(part):]
			break
		}
		slash += len(part) + 1
		if slash > len(name) {
			return "", "", lacks("Document", name)
		}
	}
	if rest == "/" {
		return "", "", invalid("Document name %q lacks a resource id at index 5.", name)
	}
	return name[:slash-1], strings.TrimPrefix(rest, "/"), nil
}

// lacks says what is missing in a name, in Google's words.
func lacks(what, name string) error {
	parts := strings.Split(name, "/")
	for i, want := range []string{"projects", "", "databases", "", "documents"} {
		switch {
		case i >= len(parts):
			return invalid("%s name %q lacks \"/\" at index %d.", what, name, len(name))
		case want != "" && parts[i] != want:
			return invalid("%s name %q lacks %q at index %d.", what, name, want, i)
		case parts[i] == "":
			return invalid("%s name %q lacks a resource id at index %d.", what, name, i)
		}
	}
	return invalid("%s name %q is not valid.", what, name)
}

func checkSegments(name string, segments []string) error {
	if len(segments)%2 != 0 {
		return invalid("Document name %q lacks \"/\" at index %d.", name, len(name))
	}
	if len(segments) > 2*maxDepth {
		return invalid("Key path is too long. Cannot exceed %d elements.", maxDepth)
	}
	for i, id := range segments {
		if err := checkID(name, id, i+5); err != nil {
			return err
		}
	}
	return nil
}

func checkID(name, id string, index int) error {
	switch {
	case id == "":
		return invalid("Document name %q lacks a resource id at index %d.", name, index)
	case len(id) > maxID:
		return invalid("The key path element name is longer than %d bytes.", maxID)
	case id == "." || id == "..":
		return invalid("Document name %q contains a resource id %q at index %d.", name, id, index)
	case Reserved(id):
		if _, ok := numericID(id); !ok {
			return invalid("Resource id %q is invalid because it is reserved.", id)
		}
	case !utf8.ValidString(id):
		return invalid("Resource id at index %d is not valid UTF-8.", index)
	}
	return nil
}

// CheckCollection checks the id of a collection as a query gives it.
func CheckCollection(id string) error {
	if strings.Contains(id, "/") {
		return invalid("Collection id %q is invalid because it contains \"/\".", id)
	}
	return checkID(id, id, 0)
}

// Reserved says whether an id or a field's name is one of Firestore's own: __x__.
func Reserved(s string) bool {
	return len(s) >= 4 && strings.HasPrefix(s, "__") && strings.HasSuffix(s, "__")
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

package firestore

import (
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// write is one write of a commit, checked.
type write struct {
	name       string
	doc        resource.Doc
	key        []byte
	deletes    bool
	fields     map[string]*pb.Value
	mask       *mask
	only       bool // a transform without an update: the fields stay as they are
	transforms []transform
	condition  *pb.Precondition
}

func (d *database) parseWrite(w *pb.Write) (*write, error) {
	out := &write{condition: w.GetCurrentDocument()}
	transforms := w.GetUpdateTransforms()
	switch op := w.GetOperation().(type) {
	case *pb.Write_Update:
		out.name, out.fields = op.Update.GetName(), op.Update.GetFields()
		if err := checkFields(out.fields); err != nil {
			return nil, err
		}
	case *pb.Write_Delete:
		out.name, out.deletes = op.Delete, true
	case *pb.Write_Transform:
		out.name, out.only = op.Transform.GetDocument(), true
		transforms = op.Transform.GetFieldTransforms()
	default:
		return nil, invalid("empty write operation")
	}
	var err error
	if out.doc, err = d.parse(out.name); err != nil {
		return nil, err
	}
	out.key = docKey(d.id, out.doc)
	if out.mask, err = parseMask(w.GetUpdateMask()); err != nil {
		return nil, err
	}
	out.transforms, err = parseTransforms(transforms)
	return out, err
}

// kind says what the write expects: an insert, that the document does not exist; an update, that it does.
func (w *write) kind() string {
	if w.deletes {
		return "delete"
	}
	if c, ok := w.condition.GetConditionType().(*pb.Precondition_Exists); ok {
		if c.Exists {
			return "update"
		}
		return "insert"
	}
	return "upsert"
}

// check tests the precondition against the document as it is.
func (w *write) check(doc *pb.Document) error {
	switch c := w.condition.GetConditionType().(type) {
	case *pb.Precondition_Exists:
		if c.Exists && doc == nil {
			return notFound("No document to update: %s", w.name)
		}
		if !c.Exists && doc != nil {
			return status.Errorf(codes.AlreadyExists, "Document already exists: %s", w.name)
		}
	case *pb.Precondition_UpdateTime:
		var stored int64
		if doc != nil {
			stored = doc.GetUpdateTime().AsTime().UnixMicro()
		}
		if wanted := c.UpdateTime.AsTime().UnixMicro(); stored != wanted {
			return precondition("the stored version (%d) does not match the required base version (%d)", stored, wanted)
		}
	}
	return nil
}

// merge puts the fields of the update over those of the document: all of them, or those that the mask names.
func (w *write) merge(fields map[string]*pb.Value) map[string]*pb.Value {
	switch {
	case w.only:
		return fields
	case w.mask == nil:
		return w.fields
	}
	for _, p := range w.mask.paths {
		fields = withField(fields, p.Segments, lookup(w.fields, p.Segments))
	}
	return fields
}

// checkTransformed checks what could only be known with the document.
func (w *write) checkTransformed(doc *pb.Document) error {
	if w.mask != nil || len(w.transforms) > 0 {
		if err := checkFields(doc.GetFields()); err != nil {
			return err
		}
	}
	return checkSize(w.doc, doc)
}

// transform applies the transforms in order.
func (w *write) transform(fields map[string]*pb.Value, now time.Time) (map[string]*pb.Value, []*pb.Value) {
	if len(w.transforms) == 0 {
		return fields, nil
	}
	results := make([]*pb.Value, 0, len(w.transforms))
	for _, t := range w.transforms {
		next, result := t.apply(lookup(fields, t.path.Segments), now)
		fields = withField(fields, t.path.Segments, next)
		results = append(results, result)
	}
	return fields, results
}

package order

import (
	"encoding/binary"
	"math"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Bracket returns the bytes with which the encodings of v's type begin, and the first after them. An inequality
// compares only within it.
func Bracket(v *pb.Value) (lo, hi []byte) {
	tag := Append(nil, v)[0]
	switch tag {
	case tagFalse, tagTrue:
		return []byte{tagFalse}, []byte{tagTrue + 1}
	default:
		return []byte{tag}, []byte{tag + 1}
	}
}

// AfterNull is where the values that are not null begin.
func AfterNull() []byte { return []byte{tagNull + 1} }

// IsNull says whether v is null.
func IsNull(v *pb.Value) bool {
	switch v.GetValueType().(type) {
	case nil, *pb.Value_NullValue:
		return true
	default:
		return false
	}
}

// IsNaN says whether v is the number NaN.
func IsNaN(v *pb.Value) bool {
	d, ok := v.GetValueType().(*pb.Value_DoubleValue)
	return ok && math.IsNaN(d.DoubleValue)
}

// Skip returns the length of the encoding at the beginning of b. Every byte is first XORed with mask: 0xff for an
// inverted encoding. A damaged encoding extends to the end of b.
func Skip(b []byte, mask byte) int {
	s := skipper{b: b, mask: mask}
	s.value()
	return min(s.at, len(b))
}

type skipper struct {
	b    []byte
	at   int
	mask byte
	cut  bool
}

// next takes one byte; past the end it takes closing marks, so that every loop ends.
func (s *skipper) next() byte {
	i := s.at
	s.at++
	if i >= len(s.b) {
		s.cut = true
		return end
	}
	return s.b[i] ^ s.mask
}

func (s *skipper) value() {
	switch s.next() {
	case tagNumber:
		s.at += 10
	case tagTimestamp:
		s.at += 12
	case tagGeoPoint:
		s.at += 16
	case tagString, tagBytes:
		s.text()
	case tagReference:
		s.segments()
	case tagArray:
		s.array()
	case tagMap:
		s.mapping()
	case tagVector:
		s.vector()
	case tagCut:
		s.cut = true
	}
}

func (s *skipper) text() {
	for {
		for s.next() != 0 {
		}
		if s.next() != 0xff {
			return
		}
	}
}

// segments: see resource.AppendSegment.
func (s *skipper) segments() {
	for {
		switch s.next() {
		case end:
			return
		case 0x02:
			s.at += 8
		default:
			s.text()
		}
	}
}

func (s *skipper) array() {
	for !s.cut {
		if s.next() == end {
			return
		}
		s.at--
		s.value()
	}
}

func (s *skipper) mapping() {
	for !s.cut {
		if s.next() == end {
			return
		}
		s.text()
		s.value()
	}
}

func (s *skipper) vector() {
	if s.at+4 > len(s.b) {
		s.at = len(s.b)
		return
	}
	n := binary.BigEndian.Uint32(s.b[s.at:]) ^ (uint32(s.mask) * 0x01010101)
	s.at += 4 + 8*int(n)
}

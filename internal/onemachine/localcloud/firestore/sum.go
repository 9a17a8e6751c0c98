package firestore

import (
	"math"
	"math/big"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// exactBits are enough to add any doubles without rounding: from the smallest bit of the smallest to the largest of
// very many of the largest.
const exactBits = 2200

// sum adds numbers as Google does: integers and doubles each without rounding, and only the two totals are rounded. So
// it does not depend on the order of the documents.
type sum struct {
	integers big.Int
	doubles  big.Float
	outside  float64 // the sum of what is infinite or not a number
	inexact  bool    // a double was among them
	numbers  int
}

func (s *sum) add(v *pb.Value) {
	if !isNumber(v) {
		return
	}
	s.numbers++
	i, f, integer := number(v)
	switch {
	case integer:
		s.integers.Add(&s.integers, big.NewInt(i))
	case math.IsNaN(f) || math.IsInf(f, 0):
		s.inexact, s.outside = true, s.outside+f
	default:
		s.inexact = true
		s.doubles.SetPrec(exactBits).Add(&s.doubles, big.NewFloat(f))
	}
}

// double is the total as a double. It is never a negative zero, since what the integers add is at least a positive one.
func (s *sum) double() float64 {
	if s.outside != 0 { // true for NaN, too
		return s.outside
	}
	i, _ := new(big.Float).SetInt(&s.integers).Float64()
	f, _ := s.doubles.Float64()
	return i + f
}

func (s *sum) total() *pb.Value {
	if s.inexact || !s.integers.IsInt64() {
		return double(s.double())
	}
	return integer(s.integers.Int64())
}

func (s *sum) average() *pb.Value {
	if s.numbers == 0 {
		return &pb.Value{ValueType: &pb.Value_NullValue{}}
	}
	return double(s.double() / float64(s.numbers))
}

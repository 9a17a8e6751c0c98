package kms

import (
	"hash/crc32"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(data, castagnoli)))
}

// verify compares data with the checksum that the caller sent, if any, and tells whether there was one.
func verify(field string, data []byte, sent *wrapperspb.Int64Value) (bool, error) {
	if sent == nil {
		return false, nil
	}
	if sent.GetValue() != checksum(data).GetValue() {
		return false, status.Errorf(codes.InvalidArgument, "The checksum in field %s_crc32c did not match the data "+
			"in field %s.", field, field)
	}
	return true, nil
}

func limit(field string, data []byte, most int) error {
	if len(data) > most {
		return status.Errorf(codes.InvalidArgument, "Field %s has %d bytes; the most is %d.", field, len(data), most)
	}
	return nil
}

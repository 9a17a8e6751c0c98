package secret

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
)

// At most this many of a secret's versions, the newest, are listed and accepted.
const (
	maxListed  = 200
	maxEnabled = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errGone says that whoever runs the secret has left it without an enabled version. That is deliberate, so no copy is
// used either.
var errGone = fmt.Errorf("no enabled version: %w", model.ErrNotFound)

func isGone(err error) bool { return errors.Is(err, errGone) }

// load reads the enabled versions. The data of a version never changes, so only versions that are not in old are read.
func (s *Source) load(ctx context.Context, name string, old []Version) ([]Version, error) {
	listed, err := s.list(ctx, name)
	if err != nil {
		return nil, err
	}
	versions := make([]Version, 0, len(listed))
	for _, v := range listed {
		if i := slices.IndexFunc(old, func(o Version) bool { return o.Number == v.Number }); i >= 0 {
			versions = append(versions, old[i])
			continue
		}
		v.Data, err = s.access(ctx, name, v.Number)
		if status.Code(err) == codes.FailedPrecondition {
			continue // disabled since it was listed
		}
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	if len(versions) == 0 {
		return nil, errGone
	}
	return versions, nil
}

// list returns the enabled versions without data, newest first.
func (s *Source) list(ctx context.Context, name string) ([]Version, error) {
	it := s.opts.Client.ListSecretVersions(ctx, &secretmanagerpb.ListSecretVersionsRequest{Parent: s.path(name),
		PageSize: maxListed})
	var versions []Version
	for range maxListed {
		v, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, mapped("list versions", err)
		}
		number, err := strconv.Atoi(v.GetName()[strings.LastIndexByte(v.GetName(), '/')+1:])
		if err == nil && v.GetState() == secretmanagerpb.SecretVersion_ENABLED {
			versions = append(versions, Version{Number: number, Created: v.GetCreateTime().AsTime()})
		}
	}
	slices.SortFunc(versions, func(a, b Version) int { return cmp.Compare(b.Number, a.Number) })
	return versions[:min(len(versions), maxEnabled)], nil
}

// access reads one version and checks that it arrived unchanged.
func (s *Source) access(ctx context.Context, name string, number int) ([]byte, error) {
	req := &secretmanagerpb.AccessSecretVersionRequest{Name: fmt.Sprintf("%s/versions/%d", s.path(name), number)}
	resp, err := s.opts.Client.AccessSecretVersion(ctx, req)
	if err != nil {
		return nil, mapped("read version", err)
	}
	data := resp.GetPayload().GetData()
	if resp.GetPayload().DataCrc32C == nil || resp.GetPayload().GetDataCrc32C() != int64(crc32.Checksum(data,
		castagnoli)) {
		return nil, model.Unavailable(errors.New("a version arrived damaged: its checksum differs"))
	}
	if s.opts.Check != nil {
		if err := s.opts.Check(name, data); err != nil {
			return nil, &model.Error{Kind: model.ErrInvalid, Cause: fmt.Errorf("version %d: %w", number, err)}
		}
	}
	return data, nil
}

func (s *Source) path(name string) string {
	return "projects/" + s.opts.Project + "/secrets/" + name
}

func mapped(what string, err error) error {
	if status.Code(err) == codes.NotFound {
		return fmt.Errorf("%s: %w", what, errGone)
	}
	return model.Unavailable(fmt.Errorf("%s: %w", what, err))
}

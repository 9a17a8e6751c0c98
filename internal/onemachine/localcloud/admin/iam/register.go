package iam

import (
	"context"
	"reflect"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc"
)

// Register adds the service to a server or connection. Google's generated function does so only for a network server,
// and does not export its description of the service, so this builds one from the interface.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	service := adminpb.File_google_iam_admin_v1_iam_proto.Services().ByName("IAM")
	desc := &grpc.ServiceDesc{
		ServiceName: string(service.FullName()),
		HandlerType: (*adminpb.IAMServer)(nil),
		Metadata:    service.ParentFile().Path(),
	}
	for i := range service.Methods().Len() {
		name := string(service.Methods().Get(i).Name())
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: name, Handler: handler("/"+desc.ServiceName+"/"+
			name, name)})
	}
	r.RegisterService(desc, s)
}

// handler does for one method what generated code does.
func handler(full, name string) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any,
		error) {
		method := reflect.ValueOf(srv).MethodByName(name) // registering has checked that it exists
		in := reflect.New(method.Type().In(1).Elem()).Interface()
		if err := decode(in); err != nil {
			return nil, err
		}
		call := func(ctx context.Context, req any) (any, error) {
			out := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(req)})
			err, _ := out[1].Interface().(error)
			return out[0].Interface(), err
		}
		if intercept == nil {
			return call(ctx, in)
		}
		return intercept(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: full}, call)
	}
}

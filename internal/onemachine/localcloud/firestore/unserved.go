package firestore

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// What follows is served by Google and not here. The clients that the product uses make none of these calls.

func (service) GetDocument(context.Context, *pb.GetDocumentRequest) (*pb.Document, error) {
	return nil, errUnserved("GetDocument; use BatchGetDocuments")
}

func (service) CreateDocument(context.Context, *pb.CreateDocumentRequest) (*pb.Document, error) {
	return nil, errUnserved("CreateDocument; use Commit")
}

func (service) UpdateDocument(context.Context, *pb.UpdateDocumentRequest) (*pb.Document, error) {
	return nil, errUnserved("UpdateDocument; use Commit")
}

func (service) DeleteDocument(context.Context, *pb.DeleteDocumentRequest) (*emptypb.Empty, error) {
	return nil, errUnserved("DeleteDocument; use Commit")
}

func (service) Write(pb.Firestore_WriteServer) error {
	return errUnserved("the stream Write; use Commit or BatchWrite")
}

func (service) Listen(pb.Firestore_ListenServer) error {
	return errUnserved("Listen; read again instead")
}

func (service) ExecutePipeline(*pb.ExecutePipelineRequest, pb.Firestore_ExecutePipelineServer) error {
	return errUnserved("ExecutePipeline, which needs the Enterprise edition")
}

# The container of the service (cmd/toh): one static binary, no shell, not root. The images it stands on are pinned by version here; the
# build looks up their digests, builds on exactly these, and notes them in the labels (cloudbuild.yaml).
ARG GO_VERSION=1.26
ARG GO_IMAGE=golang:${GO_VERSION}-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY cmd cmd
COPY internal internal
COPY templates templates
ARG REVISION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags="-s -w -buildid= -X main.revision=${REVISION}" -o /toh ./cmd/toh

FROM ${BASE_IMAGE}
ARG GO_IMAGE
ARG BASE_IMAGE
LABEL org.opencontainers.image.base.name=${BASE_IMAGE} house.build.go=${GO_IMAGE}
COPY --from=build /toh /toh
USER 65532:65532
ENV PORT=8080
EXPOSE 8080
ENTRYPOINT ["/toh"]

# The container of the service (cmd/toh): one static binary, no shell, not root.
ARG GO_VERSION=1.26

FROM golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY cmd cmd
COPY internal internal
COPY templates templates
ARG REVISION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags="-s -w -buildid= -X main.revision=${REVISION}" -o /toh ./cmd/toh

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /toh /toh
USER 65532:65532
ENV PORT=8080
EXPOSE 8080
ENTRYPOINT ["/toh"]

# MinIO from its last public source: its maker publishes no images of it any more. Built by whoever runs it; AGPL-3.
ARG GO_IMAGE=golang:1.26-bookworm
ARG BASE=debian:bookworm-slim

FROM ${GO_IMAGE} AS build
ARG MINIO_RELEASE=v0.0.0-20260212201848-7aac2a2c5b7c
RUN CGO_ENABLED=0 GOBIN=/out go install -ldflags "-s -w" github.com/minio/minio@${MINIO_RELEASE}

FROM ${BASE}
RUN useradd --uid 10002 --user-group --no-create-home minio \
 && install -d -o minio -g minio /data /queue
COPY --from=build /out/minio /usr/local/bin/minio
USER 10002:10002
VOLUME ["/data", "/queue"]
EXPOSE 9000
ENTRYPOINT ["minio"]
CMD ["server", "--address", ":9000", "/data"]

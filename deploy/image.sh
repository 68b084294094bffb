#!/bin/sh
# image.sh VERSION ROOT builds the image's root folder, which is all of the image:
# the static binary, certificates, and one user who owns nothing but
# the data folder. It needs Go and nothing else, so it also runs without Docker.
set -eu
version=$1 root=$2
cd "$(dirname "$0")/.."
mkdir -p "$root/etc/ssl/certs" "$root/etc/burnish" "$root/var/lib/burnish" "$root/tmp"
GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH:-$(go env GOARCH)} CGO_ENABLED=0 \
  go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$root/burnish" ./cmd/burnish
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
fi
echo 'burnish:x:65532:65532:burnish:/var/lib/burnish:/burnish' >"$root/etc/passwd"
echo 'burnish:x:65532:' >"$root/etc/group"
chmod 1777 "$root/tmp"
if [ "$(id -u)" = 0 ]; then chown 65532:65532 "$root/var/lib/burnish"; fi

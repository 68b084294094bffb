#!/bin/sh
# prepare.sh FOLDER VERSION writes what a package holds besides the program: man pages and
# shell completion, made by the program itself.
set -eu
out=$1 version=$2
cd "$(dirname "$0")/../.."
mkdir -p "$out/man" "$out/completion"
CGO_ENABLED=0 go build -ldflags "-X main.version=$version" -o "$out/burnish" ./cmd/burnish
"$out/burnish" man --output-dir "$out/man"
for shell in bash zsh fish; do
  "$out/burnish" completion "$shell" >"$out/completion/burnish.$shell"
done
rm "$out/burnish"

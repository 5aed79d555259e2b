#!/usr/bin/env bash
# Makes Generated/*.pb.swift from Protos, with the swift-protobuf that the package depends on:
#   generate.sh           writes them
#   generate.sh --check   says what would change, and fails if anything would
set -euo pipefail

api=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$api/../../.." && pwd)
scratch=$(realpath -m "${SCRATCH:-$project/.build/debug-scratch}")

"$project/Scripts/install-packages" protobuf-compiler
swift build --package-path "$project" --scratch-path "$scratch" --product protoc-gen-swift >&2

generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
cd "$api/Protos"
find . -name '*.proto' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 protoc \
  --proto_path=. \
  --plugin=protoc-gen-swift="$scratch/debug/protoc-gen-swift" \
  --swift_opt=Visibility=Public \
  --swift_opt=UseAccessLevelOnImports=true \
  --swift_opt=FileNaming=DropPath \
  --swift_out="$generated"

if [ "${1:-}" = --check ]; then
  diff -r "$api/Generated" "$generated" >&2 || {
    echo "Sources/Store/API/Generated is not what Protos make: run make generated" >&2
    exit 1
  }
else
  rm -f "$api"/Generated/*.pb.swift
  cp "$generated"/*.pb.swift "$api/Generated"
fi

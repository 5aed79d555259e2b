#!/bin/sh
# Rebuilds the catalogue from nothing: merges every release, oldest first.
#
#     rebuild.sh CLONES_DIR CATALOGUE_DIR
#
# CLONES_DIR holds git clones of kubernetes/api, apimachinery, kube-aggregator and
# apiextensions-apiserver, each in a folder of its own name. A release is the branch
# origin/release-1.N of a clone; one that has no branch yet is origin/master. For a newer
# Kubernetes raise "newest", or merge that release alone with `make catalogue`.
set -eu

oldest=15
newest=37
modules="api apimachinery kube-aggregator apiextensions-apiserver"

[ $# -eq 2 ] || { echo "usage: rebuild.sh CLONES_DIR CATALOGUE_DIR" >&2; exit 1; }
mkdir -p "$2"
clones=$(cd "$1" && pwd)
catalogue=$(cd "$2" && pwd)
generator=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$generator" && go build -o "$work/generator" .)

# The new catalogue takes the place of the old one only when it is whole.
minor=$oldest
while [ "$minor" -le "$newest" ]; do
	trees=
	for module in $modules; do
		branch=origin/release-1.$minor
		git -C "$clones/$module" rev-parse -q --verify "$branch" >"$work/log" ||
			branch=origin/master
		tree=$work/1.$minor/$module
		mkdir -p "$tree"
		git -C "$clones/$module" archive -o "$work/archive.tar" "$branch" -- '*.go' go.mod
		tar -xf "$work/archive.tar" -C "$tree"
		trees="$trees $tree"
	done
	# shellcheck disable=SC2086 # one word for each tree
	"$work/generator" -catalogue "$work/catalogue" -release "1.$minor" $trees
	rm -rf "$work/1.$minor"
	minor=$((minor + 1))
done
mv "$work/catalogue/messages.txt" "$work/catalogue/kinds.txt" "$catalogue"

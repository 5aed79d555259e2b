// README: maintainers run this generator, builds of the program do not. The form
// of its files is in ../Catalogue.md, the command that runs it in CONTRIBUTING.md.
//
// The catalogue generator reads the Go sources of Kubernetes API modules and
// writes what a decoder of stored objects must know: for every protobuf
// message its fields in JSON order (messages.txt), and for every kind its
// message, resource and storage path (kinds.txt). Only facts are taken: names,
// numbers, types, tags and markers, and no code or comment.
//
//	go run . -catalogue DIR -release 1.38 TREE...
//
// Each TREE is the root folder of a module such as k8s.io/api. The release is
// merged into what DIR holds already, so that the catalogue is the union of
// all releases ever merged, each fact with the releases in which it stood.
//
// The files, in the order of the work:
//
//	source.go     loads packages and finds what a name stands for
//	messages.go   reads messages and their fields out of Go types
//	kinds.go      reads what packages register as kinds, and where it is stored
//	merge.go      makes a release part of the catalogue
//	catalogue.go  reads and writes the two files
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	folder := flag.String("catalogue", "", "folder of messages.txt and kinds.txt")
	name := flag.String("release", "", "the release the trees are of, such as 1.38")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: catalogue -catalogue DIR -release MAJOR.MINOR TREE...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *folder == "" || *name == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(1)
	}
	if err := run(*folder, *name, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

// run merges one release into the catalogue of a folder. Nothing is written
// unless everything could be read.
func run(folder, name string, trees []string) error {
	release, err := parseRelease(name)
	if err != nil {
		return err
	}
	catalogue, err := readCatalogue(folder)
	if err != nil {
		return err
	}
	if release.before(catalogue.newest) {
		return fmt.Errorf("release %v is older than %v, the newest of %s",
			release, catalogue.newest, folder)
	}

	source, err := openSource(trees)
	if err != nil {
		return err
	}
	messages, err := source.messages()
	if err != nil {
		return err
	}
	kinds, err := source.kinds(messages)
	if err != nil {
		return err
	}

	catalogue.merge(release, source.modulePrefixes(), messages, kinds)
	return catalogue.write(folder)
}

package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// source is the Go code of one release: the modules given, and the packages of
// them that were needed so far.
type source struct {
	files    *token.FileSet
	modules  []module
	packages map[string]*goPackage // by import path
	wanted   []*goPackage          // those that declare messages, by import path
}

type module struct {
	path   string // as in go.mod: k8s.io/api
	folder string
}

// goPackage is the part of a package's declarations that can bear on messages
// and kinds.
type goPackage struct {
	path      string
	module    string
	types     map[string]*goType
	values    map[string]goValue // package-level constants and variables
	functions []goFunction
}

type goType struct {
	scope
	name     string
	spec     *ast.TypeSpec
	comments string // every comment between the previous declaration and this one
}

type goValue struct {
	scope
	expr ast.Expr
}

type goFunction struct {
	scope
	decl *ast.FuncDecl
}

// scope is where an expression stands, which decides what its names mean.
type scope struct {
	pkg  *goPackage
	file *ast.File
}

// messageName is the name of the type's message, whether or not it has one:
// k8s.io.api.core.v1.Container.
func (t *goType) messageName() string {
	return dotted(t.pkg.path) + "." + t.name
}

func dotted(importPath string) string {
	return strings.ReplaceAll(importPath, "/", ".")
}

// openSource finds the modules of the trees and loads every package that
// declares messages.
func openSource(trees []string) (*source, error) {
	s := &source{files: token.NewFileSet(), packages: map[string]*goPackage{}}
	for _, tree := range trees {
		path, err := modulePath(filepath.Join(tree, "go.mod"))
		if err != nil {
			return nil, err
		}
		s.modules = append(s.modules, module{path, tree})
	}
	for _, m := range s.modules {
		if err := s.findWanted(m); err != nil {
			return nil, err
		}
	}
	sort.Slice(s.wanted, func(i, j int) bool { return s.wanted[i].path < s.wanted[j].path })
	return s, nil
}

// modulePrefixes are the beginnings of the names of all messages that the
// given modules declare or ever declared.
func (s *source) modulePrefixes() []string {
	var prefixes []string
	for _, m := range s.modules {
		prefixes = append(prefixes, dotted(m.path)+".")
	}
	return prefixes
}

func modulePath(goMod string) (string, error) {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(text), "\n") {
		if words := strings.Fields(line); len(words) >= 2 && words[0] == "module" {
			return words[1], nil
		}
	}
	return "", fmt.Errorf("%s:1: no module line", goMod)
}

// skippedFolders hold no types that a cluster stores.
var skippedFolders = map[string]bool{
	"testdata": true, "vendor": true, "third_party": true, "hack": true, "examples": true,
	"test": true, "tests": true, "testing": true, "testapigroup": true,
}

// findWanted loads the packages of a module in which any file declares messages.
func (s *source) findWanted(m module) error {
	return filepath.WalkDir(m.folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		isSkipped := skippedFolders[entry.Name()] || strings.HasPrefix(entry.Name(), ".")
		if isSkipped && name != m.folder {
			return filepath.SkipDir
		}
		names, err := sourceFiles(name)
		if err != nil {
			return err
		}
		for _, file := range names {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if declaresMessages(text) {
				relative, err := filepath.Rel(m.folder, name)
				if err != nil {
					return err
				}
				p, err := s.load(path.Join(m.path, filepath.ToSlash(relative)))
				if err == nil {
					s.wanted = append(s.wanted, p)
				}
				return err
			}
		}
		return nil
	})
}

// declaresMessages tells whether a file has protobuf tags or asks for a message.
func declaresMessages(text []byte) bool {
	return bytes.Contains(text, []byte(`protobuf:"`)) ||
		bytes.Contains(text, []byte("+protobuf=true"))
}

// sourceFiles lists the hand-written Go files of a folder, tests left out,
// that a default build compiles.
func sourceFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") ||
			strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, "zz_") || strings.HasSuffix(name, ".pb.go") {
			continue
		}
		// A build tag may choose between two declarations of one type, as with FieldsV1.
		match, err := build.Default.MatchFile(folder, name)
		if err != nil {
			return nil, err
		}
		if match {
			names = append(names, filepath.Join(folder, name))
		}
	}
	return names, nil
}

// load reads a package of the given modules, once.
func (s *source) load(importPath string) (*goPackage, error) {
	if p := s.packages[importPath]; p != nil {
		return p, nil
	}
	home := s.moduleOf(importPath)
	if home == nil {
		return nil, fmt.Errorf("package %s is in none of the trees", importPath)
	}
	relative := filepath.FromSlash(strings.TrimPrefix(importPath, home.path))
	names, err := sourceFiles(filepath.Join(home.folder, relative))
	if err != nil {
		return nil, err
	}
	p := &goPackage{
		path:   importPath,
		module: home.path,
		types:  map[string]*goType{},
		values: map[string]goValue{},
	}
	s.packages[importPath] = p
	for _, name := range names {
		file, err := parser.ParseFile(s.files, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.collect(file)
	}
	return p, nil
}

func (s *source) moduleOf(importPath string) *module {
	for i, m := range s.modules {
		if importPath == m.path || strings.HasPrefix(importPath, m.path+"/") {
			return &s.modules[i]
		}
	}
	return nil
}

// collect adds the declarations of one file.
func (p *goPackage) collect(file *ast.File) {
	here := scope{p, file}
	previousEnd := file.Name.End()
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			p.functions = append(p.functions, goFunction{here, decl})
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					comments := commentsBetween(file, previousEnd, spec.Pos())
					p.types[spec.Name.Name] = &goType{here, spec.Name.Name, spec, comments}
				case *ast.ValueSpec:
					for i, name := range spec.Names {
						if i < len(spec.Values) {
							p.values[name.Name] = goValue{here, spec.Values[i]}
						}
					}
				}
				previousEnd = spec.End()
			}
		}
		previousEnd = decl.End()
	}
}

// commentsBetween is needed because markers may stand in a block of their own
// above the doc comment, which go/parser does not attach to the declaration.
func commentsBetween(file *ast.File, from, to token.Pos) string {
	var text strings.Builder
	for _, group := range file.Comments {
		if group.Pos() >= from && group.End() <= to {
			for _, comment := range group.List {
				text.WriteString(comment.Text)
				text.WriteByte('\n')
			}
		}
	}
	return text.String()
}

// hasMarker tells whether a line of the comments is the marker, such as
// +genclient:nonNamespaced.
func (t *goType) hasMarker(marker string) bool {
	for _, line := range strings.Split(t.comments, "\n") {
		if strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//")) == marker {
			return true
		}
	}
	return false
}

// failure is an error at a place in the source.
func (s *source) failure(node ast.Node, format string, arguments ...any) error {
	place := s.files.Position(node.Pos())
	return fmt.Errorf("%s:%d: %s", place.Filename, place.Line, fmt.Sprintf(format, arguments...))
}

// importPath is the path of the package that a file knows by a name; "" if
// there is none.
func (in scope) importPath(name string) string {
	for _, spec := range in.file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		known := path.Base(importPath)
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if known == name {
			return importPath
		}
	}
	return ""
}

// lookup finds the declared type an expression names; nil if the expression
// is no name, or names a predeclared type or one of the standard library.
func (s *source) lookup(expr ast.Expr, in scope) (*goType, error) {
	switch expr := expr.(type) {
	case *ast.Ident:
		return in.pkg.types[expr.Name], nil
	case *ast.SelectorExpr:
		name, ok := expr.X.(*ast.Ident)
		if !ok {
			return nil, nil
		}
		importPath := in.importPath(name.Name)
		if !strings.Contains(importPath, ".") {
			return nil, nil
		}
		p, err := s.load(importPath)
		if err != nil {
			return nil, s.failure(expr, "%v", err)
		}
		t := p.types[expr.Sel.Name]
		if t == nil {
			return nil, s.failure(expr, "package %s has no type %s", importPath, expr.Sel.Name)
		}
		return t, nil
	}
	return nil, nil
}

// unalias follows type A = B.
func (s *source) unalias(t *goType) (*goType, error) {
	for t != nil && t.spec.Assign.IsValid() {
		target, err := s.lookup(t.spec.Type, t.scope)
		if err != nil {
			return nil, err
		}
		if target == nil {
			return t, nil
		}
		t = target
	}
	return t, nil
}

// underlying is the type expression at the end of a chain type A B, type B C,
// and where it stands.
func (s *source) underlying(t *goType) (ast.Expr, scope, error) {
	for {
		target, err := s.lookup(t.spec.Type, t.scope)
		if err != nil || target == nil {
			return t.spec.Type, t.scope, err
		}
		t = target
	}
}

// structure is a type's fields if its underlying type is a struct, else nil.
func (s *source) structure(t *goType) (*ast.StructType, scope, error) {
	expr, in, err := s.underlying(t)
	structure, _ := expr.(*ast.StructType)
	return structure, in, err
}

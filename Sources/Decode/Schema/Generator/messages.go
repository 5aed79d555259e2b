package main

import (
	"go/ast"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

const (
	metaV1        = "k8s.io.apimachinery.pkg.apis.meta.v1."
	typeMeta      = metaV1 + "TypeMeta"
	apiExtensions = "k8s.io.apiextensions-apiserver.pkg.apis.apiextensions."
)

// specials are the messages whose JSON form is not an object of their fields.
var specials = map[string]string{
	metaV1 + "Time":      "time",
	metaV1 + "MicroTime": "microtime",
	metaV1 + "Duration":  "duration",
	metaV1 + "FieldsV1":  "fieldsv1",
	metaV1 + "Fields":    "map", // of Kubernetes 1.15, whose JSON is that of its one field

	"k8s.io.apimachinery.pkg.api.resource.Quantity":      "quantity",
	"k8s.io.apimachinery.pkg.api.resource.QuantityValue": "quantity",
	"k8s.io.apimachinery.pkg.util.intstr.IntOrString":    "intorstring",
	"k8s.io.apimachinery.pkg.runtime.RawExtension":       "rawextension",
	"k8s.io.apimachinery.pkg.runtime.Unknown":            "unknown",

	apiExtensions + "v1.JSON":                              "json",
	apiExtensions + "v1.JSONSchemaPropsOrBool":             "orbool",
	apiExtensions + "v1.JSONSchemaPropsOrArray":            "orarray",
	apiExtensions + "v1.JSONSchemaPropsOrStringArray":      "orstringarray",
	apiExtensions + "v1beta1.JSON":                         "json",
	apiExtensions + "v1beta1.JSONSchemaPropsOrBool":        "orbool",
	apiExtensions + "v1beta1.JSONSchemaPropsOrArray":       "orarray",
	apiExtensions + "v1beta1.JSONSchemaPropsOrStringArray": "orstringarray",
}

// specialFields are the wire fields of those specials whose Go type has no
// protobuf tags: it converts itself to a generated type or to a string.
var specialFields = map[string][]field{
	"time":      timestampFields,
	"microtime": timestampFields,
	"quantity":  {{number: 1, wireType: "string", name: "string"}},
}

// timestampFields are those of google.protobuf.Timestamp.
var timestampFields = []field{
	{number: 1, wireType: "int64", name: "seconds"},
	{number: 2, wireType: "int32", name: "nanos"},
}

// nullableMarker stands at slice and map types that are messages of their own,
// so that nil and empty differ on the wire.
const nullableMarker = "+protobuf.nullable=true"

// messages reads every message of the wanted packages, and those they refer
// to, by name.
func (s *source) messages() (map[string]*message, error) {
	found := map[string]*message{}
	for _, p := range s.wanted {
		for _, name := range sortedKeys(p.types) {
			t := p.types[name]
			declares, err := s.declaresMessage(t)
			if err != nil {
				return nil, err
			}
			if declares {
				if err := s.addMessage(t, found); err != nil {
					return nil, err
				}
			}
		}
	}
	return found, nil
}

// declaresMessage tells whether a type is a message by its own looks: a struct
// with protobuf tags or with TypeMeta alone, a special, or a slice or map that
// may be nil. A struct without fields is one only if a message refers to it.
func (s *source) declaresMessage(t *goType) (bool, error) {
	if t.spec.Assign.IsValid() || t.hasMarker("+protobuf=false") {
		return false, nil
	}
	if specials[t.messageName()] != "" || t.hasMarker(nullableMarker) {
		return true, nil
	}
	structure, in, err := s.structure(t)
	if err != nil || structure == nil {
		return false, err
	}
	if fields := structure.Fields.List; len(fields) == 1 && len(fields[0].Names) == 0 {
		only, err := s.lookup(fields[0].Type, in)
		if err != nil {
			return false, err
		}
		if only != nil && only.messageName() == typeMeta {
			return true, nil
		}
	}
	for _, f := range structure.Fields.List {
		if number, _ := protobufTag(f); number != "" && number != "-" {
			return true, nil
		}
	}
	return false, nil
}

// addMessage reads one type's message, and then all it refers to.
func (s *source) addMessage(t *goType, found map[string]*message) error {
	name := t.messageName()
	if found[name] != nil {
		return nil
	}
	m := &message{name: name, special: specials[name]}
	found[name] = m

	r := &fieldReader{source: s, message: m}
	if fields := specialFields[m.special]; fields != nil {
		m.fields = append(m.fields, fields...)
	} else if t.hasMarker(nullableMarker) {
		if err := r.readNullable(t); err != nil {
			return err
		}
	} else {
		structure, in, err := s.structure(t)
		if err != nil {
			return err
		}
		if err := r.readStructure(structure, in); err != nil {
			return err
		}
	}
	if m.special != "" {
		for i := range m.fields {
			m.fields[i].flags = "" // they say how JSON objects look, and there is none
		}
	}
	seen := map[int]bool{}
	for _, f := range m.fields {
		if seen[f.number] {
			return s.failure(t.spec, "%s has two fields of number %d", t.name, f.number)
		}
		seen[f.number] = true
	}
	for _, target := range r.references {
		if err := s.addMessage(target, found); err != nil {
			return err
		}
	}
	return nil
}

// fieldReader reads the fields of one message.
type fieldReader struct {
	*source
	message    *message
	references []*goType // types of messages that the fields hold
}

// readNullable reads a slice or map type that is a message of its own, so
// that nil and empty can be told apart.
func (r *fieldReader) readNullable(t *goType) error {
	expr, in, err := r.underlying(t)
	if err != nil {
		return err
	}
	wireType, err := r.wireType(expr, in)
	if err != nil {
		return err
	}
	r.message.special = "list"
	if strings.HasPrefix(wireType, "map:") {
		r.message.special = "map"
	}
	r.message.fields = []field{{number: 1, wireType: wireType, name: "items"}}
	return nil
}

// readStructure appends the fields of a struct that have protobuf tags.
func (r *fieldReader) readStructure(structure *ast.StructType, in scope) error {
	for _, f := range structure.Fields.List {
		number, protobufName := protobufTag(f)
		switch {
		case number == "-":
		case number != "":
			if err := r.readField(f, in, number, protobufName); err != nil {
				return err
			}
		case len(f.Names) == 0:
			if err := r.readUntaggedEmbedded(f, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// readUntaggedEmbedded notes TypeMeta, which is in JSON but not on the wire,
// and splices the fields of any other struct.
func (r *fieldReader) readUntaggedEmbedded(f *ast.Field, in scope) error {
	t, err := r.lookup(f.Type, in)
	if err != nil || t == nil {
		return err
	}
	if t.messageName() == typeMeta {
		r.message.typeMeta = true
		return nil
	}
	structure, inner, err := r.structure(t)
	if err != nil || structure == nil {
		return err
	}
	return r.readStructure(structure, inner)
}

// readField appends one field.
func (r *fieldReader) readField(f *ast.Field, in scope, number, protobufName string) error {
	if len(f.Names) > 1 {
		return r.failure(f, "several fields share one protobuf tag")
	}
	numeric, err := strconv.Atoi(number)
	if err != nil {
		return r.failure(f, "%q is no field number", number)
	}
	wireType, err := r.wireType(f.Type, in)
	if err != nil {
		return err
	}
	jsonTag, _ := fieldTag(f).Lookup("json")
	options := strings.Split(jsonTag, ",")
	name := options[0]
	var flags []string
	for _, option := range options[1:] {
		if option == "omitempty" || option == "omitzero" {
			flags = append(flags, option)
		}
	}
	embedded := len(f.Names) == 0
	if protobufName == "" {
		protobufName = name
		if protobufName == "" {
			protobufName = lowerFirst(goName(f))
		}
	}
	switch {
	case r.message.special != "":
		name = protobufName
	case jsonTag == "-":
		name, flags = protobufName, []string{"hidden"}
	case name == "" && embedded:
		name, flags = protobufName, []string{"inline"}
	case name == "":
		name = goName(f)
	}
	sort.Strings(flags)
	r.message.fields = append(r.message.fields,
		field{number: numeric, wireType: wireType, name: name, flags: strings.Join(flags, " ")})
	return nil
}

// scalars maps Go's predeclared types to protobuf's, as go-to-protobuf does.
var scalars = map[string]string{
	"string": "string", "bool": "bool", "float32": "float", "float64": "double",
	"int": "int64", "int64": "int64", "int32": "int32", "int16": "int32", "int8": "int32",
	"uint": "uint64", "uint64": "uint64", "uint32": "uint32", "uint16": "uint32",
}

// wireType is what a Go type is on the wire, in the catalogue's notation. The
// tag's own word for it is not used: some are wrong (ListMeta's
// remainingItemCount says bytes), and then the generated code follows Go.
func (r *fieldReader) wireType(expr ast.Expr, in scope) (string, error) {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		inner, err := r.wireType(expr.X, in)
		if err == nil && isContainer(inner) {
			err = r.failure(expr, "a pointer to %s", inner)
		}
		return "*" + strings.TrimPrefix(inner, "*"), err

	case *ast.ArrayType:
		if name, ok := expr.Elt.(*ast.Ident); ok && (name.Name == "byte" || name.Name == "uint8") {
			return "bytes", nil
		}
		inner, err := r.elementType(expr.Elt, in)
		return "[]" + inner, err

	case *ast.MapType:
		key, err := r.wireType(expr.Key, in)
		if err != nil {
			return "", err
		}
		if key != "string" {
			return "", r.failure(expr, "a map whose keys are %s", key)
		}
		inner, err := r.elementType(expr.Value, in)
		return "map:" + inner, err
	}

	t, err := r.lookup(expr, in)
	if err != nil {
		return "", err
	}
	if t, err = r.unalias(t); err != nil {
		return "", err
	}
	if t != nil {
		return r.namedType(t)
	}
	switch expr := expr.(type) {
	case *ast.Ident:
		if scalar := scalars[expr.Name]; scalar != "" {
			return scalar, nil
		}
	case *ast.SelectorExpr:
		name, ok := expr.X.(*ast.Ident)
		if ok && in.importPath(name.Name) == "time" && expr.Sel.Name == "Duration" {
			return "int64", nil
		}
	}
	return "", r.failure(expr, "a type that protobuf has no word for")
}

// elementType is the type of a slice's or map's elements: a pointer there
// makes no difference, for there are no absent elements.
func (r *fieldReader) elementType(expr ast.Expr, in scope) (string, error) {
	inner, err := r.wireType(expr, in)
	if err == nil && isContainer(inner) {
		err = r.failure(expr, "%s as an element", inner)
	}
	return strings.TrimPrefix(inner, "*"), err
}

func isContainer(wireType string) bool {
	return strings.HasPrefix(wireType, "[]") || strings.HasPrefix(wireType, "map:")
}

func (r *fieldReader) namedType(t *goType) (string, error) {
	if t.hasMarker(nullableMarker) {
		r.references = append(r.references, t)
		return "*" + r.reference(t), nil
	}
	expr, in, err := r.underlying(t)
	if err != nil {
		return "", err
	}
	if _, ok := expr.(*ast.StructType); ok {
		r.references = append(r.references, t)
		return r.reference(t), nil
	}
	return r.wireType(expr, in)
}

// reference is the name of a message, shortened if it is of the same package.
func (r *fieldReader) reference(t *goType) string {
	name := t.messageName()
	if dotted(t.pkg.path)+"." == packagePrefix(r.message.name) {
		return "." + t.name
	}
	return name
}

func packagePrefix(messageName string) string {
	return messageName[:strings.LastIndex(messageName, ".")+1]
}

func fieldTag(f *ast.Field) reflect.StructTag {
	if f.Tag == nil {
		return ""
	}
	text, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return ""
	}
	return reflect.StructTag(text)
}

// protobufTag is the number and the name in a tag such as
// protobuf:"bytes,3,opt,name=image"; the number is "" without a tag and "-" if
// the tag excludes the field.
func protobufTag(f *ast.Field) (number, name string) {
	parts := strings.Split(fieldTag(f).Get("protobuf"), ",")
	if len(parts) < 2 {
		return parts[0], ""
	}
	for _, part := range parts[2:] {
		if strings.HasPrefix(part, "name=") {
			name = strings.TrimPrefix(part, "name=")
		}
	}
	return parts[1], name
}

// goName is a field's name, which for an embedded one is that of its type.
func goName(f *ast.Field) string {
	if len(f.Names) > 0 {
		return f.Names[0].Name
	}
	expr := f.Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if selector, ok := expr.(*ast.SelectorExpr); ok {
		return selector.Sel.Name
	}
	return expr.(*ast.Ident).Name // the grammar allows nothing else here
}

func lowerFirst(name string) string {
	return strings.ToLower(name[:1]) + name[1:]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

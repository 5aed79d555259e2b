package main

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// anyGroup stands for the apiVersion of kinds that every group has.
const anyGroup = "*"

// kinds reads what the wanted packages register, by "apiVersion kind". Kinds
// without a message, which exist in JSON only, are left out.
func (s *source) kinds(messages map[string]*message) (map[string]*kind, error) {
	found := map[string]*kind{}
	for _, p := range s.wanted {
		for _, f := range p.functions {
			// What init registers goes to a package's private scheme, and
			// the methods that register are runtime.Scheme's own.
			if f.decl.Body == nil || f.decl.Name.Name == "init" || f.decl.Recv != nil {
				continue
			}
			var failure error
			ast.Inspect(f.decl.Body, func(node ast.Node) bool {
				if call, ok := node.(*ast.CallExpr); ok && failure == nil {
					failure = s.readRegistration(call, f, messages, found)
				}
				return failure == nil
			})
			if failure != nil {
				return nil, failure
			}
		}
	}
	return found, nil
}

// readRegistration reads one call of the scheme's methods:
//
//	AddKnownTypes(groupVersion, &A{}, &B{})
//	AddUnversionedTypes(groupVersion, objects...)
//	AddKnownTypeWithName(groupVersion.WithKind("A"), &B{})
//
// The call stands in f; what it registers is added to found.
func (s *source) readRegistration(
	call *ast.CallExpr, f goFunction, messages map[string]*message, found map[string]*kind,
) error {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return nil
	}
	version, name := call.Args[0], ""
	switch method.Sel.Name {
	case "AddKnownTypes", "AddUnversionedTypes":
	case "AddKnownTypeWithName":
		withKind, ok := call.Args[0].(*ast.CallExpr)
		if !ok || len(withKind.Args) != 1 {
			return s.failure(call, "the kind is not groupVersion.WithKind(name)")
		}
		selector, ok := withKind.Fun.(*ast.SelectorExpr)
		if !ok {
			return s.failure(call, "the kind is not groupVersion.WithKind(name)")
		}
		var err error
		if name, err = s.stringValue(withKind.Args[0], f.scope); err != nil {
			return err
		}
		version = selector.X
	default:
		return nil
	}

	group, apiVersion, err := s.groupVersion(version, f)
	if err != nil || apiVersion == "" {
		return err
	}
	types, err := s.registeredTypes(call.Args[1:], f.scope)
	if err != nil {
		return err
	}
	for _, t := range types {
		k := &kind{apiVersion: apiVersion, name: t.name}
		if name != "" {
			k.name = name
		}
		target, err := s.unalias(t)
		if err != nil {
			return err
		}
		if k.message = target.messageName(); messages[k.message] == nil {
			continue
		}
		k.resource, k.storage = resourceOf(t, group)
		found[k.key()] = k
	}
	return nil
}

// registeredTypes lists the types of arguments &A{}, and of objects... where
// objects is a variable of the function or the package.
func (s *source) registeredTypes(arguments []ast.Expr, in scope) ([]*goType, error) {
	var types []*goType
	for _, argument := range arguments {
		if name, ok := argument.(*ast.Ident); ok {
			value := in.variable(name)
			list, ok := value.expr.(*ast.CompositeLit)
			if !ok {
				return nil, s.failure(argument, "%s is no list of types in this package", name.Name)
			}
			more, err := s.registeredTypes(list.Elts, value.scope)
			if err != nil {
				return nil, err
			}
			types = append(types, more...)
			continue
		}
		pointer, ok := argument.(*ast.UnaryExpr)
		if !ok {
			return nil, s.failure(argument, "a registered type is not written &Type{}")
		}
		literal, ok := pointer.X.(*ast.CompositeLit)
		if !ok {
			return nil, s.failure(argument, "a registered type is not written &Type{}")
		}
		t, err := s.lookup(literal.Type, in)
		if err != nil {
			return nil, err
		}
		if t == nil {
			return nil, s.failure(argument, "a registered type is declared nowhere")
		}
		types = append(types, t)
	}
	return types, nil
}

// variable finds what a variable is first set to; its expression is nil if
// that cannot be told.
func (in scope) variable(name *ast.Ident) goValue {
	if name.Obj != nil {
		if set, ok := name.Obj.Decl.(*ast.AssignStmt); ok && len(set.Rhs) == 1 {
			return goValue{in, set.Rhs[0]}
		}
	}
	return in.pkg.values[name.Name]
}

// groupVersion evaluates an expression of type schema.GroupVersion. The
// apiVersion is "" for internal versions, which are never written anywhere,
// and anyGroup for a parameter of the function, which its callers fill with
// each group.
func (s *source) groupVersion(expr ast.Expr, f goFunction) (group, apiVersion string, err error) {
	in := f.scope
	if name, ok := expr.(*ast.Ident); ok && hasParameter(f.decl, name.Name) {
		return "", anyGroup, nil
	}
	for {
		name, ok := expr.(*ast.Ident)
		if !ok {
			break
		}
		value := in.variable(name)
		if value.expr == nil {
			return "", "", s.failure(expr, "%s is no variable of this package", name.Name)
		}
		expr, in = value.expr, value.scope
	}
	literal, ok := expr.(*ast.CompositeLit)
	if !ok {
		return "", "", s.failure(expr, "not a literal GroupVersion")
	}
	version := ""
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return "", "", s.failure(element, "a GroupVersion without field names")
		}
		key, _ := pair.Key.(*ast.Ident)
		if selector, ok := pair.Value.(*ast.SelectorExpr); ok {
			switch selector.Sel.Name {
			case "APIVersionInternal":
				return "", "", nil
			case "Group":
				continue // it depends on a parameter, but then the version is the internal one
			}
		}
		text, err := s.stringValue(pair.Value, in)
		if err != nil {
			return "", "", err
		}
		switch key.Name {
		case "Group":
			group = text
		case "Version":
			version = text
		}
	}
	if version == "" {
		return "", "", s.failure(expr, "a GroupVersion without a version")
	}
	if group == "" {
		return group, version, nil
	}
	return group, group + "/" + version, nil
}

func hasParameter(f *ast.FuncDecl, name string) bool {
	for _, parameter := range f.Type.Params.List {
		for _, parameterName := range parameter.Names {
			if parameterName.Name == name {
				return true
			}
		}
	}
	return false
}

// stringValue evaluates a string literal or a constant, which may be of
// another package.
func (s *source) stringValue(expr ast.Expr, in scope) (string, error) {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		if expr.Kind == token.STRING {
			return strconv.Unquote(expr.Value)
		}
	case *ast.Ident:
		if value, ok := in.pkg.values[expr.Name]; ok {
			return s.stringValue(value.expr, value.scope)
		}
	case *ast.SelectorExpr:
		if name, ok := expr.X.(*ast.Ident); ok {
			p, err := s.load(in.importPath(name.Name))
			if err != nil {
				return "", s.failure(expr, "%v", err)
			}
			if value, ok := p.values[expr.Sel.Name]; ok {
				return s.stringValue(value.expr, value.scope)
			}
		}
	}
	return "", s.failure(expr, "not a constant string")
}

// none stands for the resource or the storage path of kinds without one.
const none = "-"

// groupInPath are the modules whose servers put the group into the key.
var groupInPath = map[string]bool{
	"k8s.io/apiextensions-apiserver": true,
	"k8s.io/kube-aggregator":         true,
}

// storageNames are the resources whose folder in the store has another name.
// Source: kubernetes/kubernetes, pkg/kubeapiserver/default_storage_factory_builder.go
// (`SpecialDefaultResourcePrefixes`), and the keys of real clusters.
var storageNames = map[string]string{
	"endpoints":              "services/endpoints",
	"ingresses":              "ingress",
	"nodes":                  "minions",
	"podsecuritypolicies":    "podsecuritypolicy",
	"replicationcontrollers": "controllers",
	"services":               "services/specs",
}

// neverStored are resources that the API server computes or only acts upon.
// Their markers do not say so.
var neverStored = map[string]bool{
	"k8s.io.api.core.v1.Binding":         true,
	"k8s.io.api.core.v1.ComponentStatus": true,
}

// subresources are kinds with a client of their own that are reached only as
// a part of another resource.
var subresources = map[string]bool{
	"k8s.io.api.policy.v1.Eviction":      true,
	"k8s.io.api.policy.v1beta1.Eviction": true,
}

// resourceOf is the resource of a kind and the path it is stored at. The
// marker +genclient tells resources from other kinds.
func resourceOf(t *goType, group string) (resource, storage string) {
	if t.messageName() == "k8s.io.api.core.v1.RangeAllocation" {
		return none, "/registry/ranges/<name>" // stored, but served nowhere
	}
	resource = plural(t.name)
	if neverStored[t.messageName()] {
		return resource, none
	}
	if !t.hasMarker("+genclient") || subresources[t.messageName()] {
		return none, none
	}
	if t.hasMarker("+genclient:noVerbs") || t.hasMarker("+genclient:onlyVerbs=create") {
		return resource, none
	}
	path := "/registry/"
	if groupInPath[t.pkg.module] {
		path += group + "/"
	}
	if name := storageNames[resource]; name != "" && t.pkg.module == "k8s.io/api" {
		path += name
	} else {
		path += resource
	}
	if !t.hasMarker("+genclient:nonNamespaced") {
		path += "/<namespace>"
	}
	return resource, path + "/<name>"
}

// plural is Kubernetes' guess of a resource from a kind.
// Source: kubernetes/apimachinery, pkg/api/meta/restmapper.go (`UnsafeGuessKindToResource`).
func plural(kind string) string {
	name := strings.ToLower(kind)
	switch {
	case strings.HasSuffix(name, "endpoints"):
		return name
	case strings.HasSuffix(name, "s"):
		return name + "es"
	case strings.HasSuffix(name, "y"):
		return strings.TrimSuffix(name, "y") + "ies"
	}
	return name + "s"
}

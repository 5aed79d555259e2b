package main

import "strings"

// merge makes a release part of the catalogue. The release speaks for the
// modules with the given prefixes: what it says of them replaces what an
// earlier run said of the same release, and what it no longer has ended with
// the release before. Messages and kinds of other modules are taken to stand
// as they stood.
//
// Preconditions: the release is not before the newest one, and the prefixes
// are those of all messages given.
func (c *catalogue) merge(
	r release, prefixes []string, messages map[string]*message, kinds map[string]*kind,
) {
	ours := func(messageName string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(messageName, prefix) {
				return true
			}
		}
		return false
	}
	former := c.newest
	if former == (release{}) {
		c.oldest = r
	}
	c.newest = r

	for name, m := range c.messages {
		if !ours(name) {
			if m.span.until == former {
				m.extend(former, r)
			}
		} else if !m.withdraw(r) {
			delete(c.messages, name)
		}
	}
	for name, m := range messages {
		m.stampWith(span{r, r})
		if old := c.messages[name]; old != nil {
			old.add(m, r)
		} else {
			c.messages[name] = m
		}
	}

	for key, k := range c.kinds {
		if !ours(k.message) {
			if k.span.until == former {
				k.span.until = r
			}
		} else if !k.span.withdraw(r) {
			delete(c.kinds, key)
		}
	}
	for key, k := range kinds {
		k.span = span{r, r}
		if old := c.kinds[key]; old != nil {
			k.span.since = old.span.since
		}
		c.kinds[key] = k
	}
}

// withdraw takes back that something stood in release r, which is the newest
// one; false if it then never stood.
func (s *span) withdraw(r release) bool {
	if s.until != r {
		return true
	}
	if s.since == r {
		return false
	}
	s.until = r.previous()
	return true
}

func (m *message) withdraw(r release) bool {
	if !m.span.withdraw(r) {
		return false
	}
	kept := m.fields[:0]
	for _, f := range m.fields {
		if f.span.withdraw(r) {
			kept = append(kept, f)
		}
	}
	m.fields = kept
	return true
}

// extend says that what stood in release former stands in r too.
func (m *message) extend(former, r release) {
	m.span.until = r
	for i := range m.fields {
		if m.fields[i].span.until == former {
			m.fields[i].span.until = r
		}
	}
}

func (m *message) stampWith(s span) {
	m.span = s
	for i := range m.fields {
		m.fields[i].span = s
	}
}

// add makes the message as it is in release r part of this one, which no
// longer holds anything of r.
//
// The order is that of r. A field that r lacks stays behind the field that it
// followed before.
func (m *message) add(newer *message, r release) {
	m.typeMeta, m.special = newer.typeMeta, newer.special
	m.span.until = r

	var order []int // field numbers
	forms := map[int][]field{}
	for _, f := range newer.fields {
		order = append(order, f.number)
		forms[f.number] = []field{f}
	}
	previous := 0 // field numbers begin at 1
	for _, f := range m.fields {
		stands, known := forms[f.number]
		switch {
		case !known:
			order = insertAfter(order, previous, f.number)
			forms[f.number] = []field{f}
		case stands[0].same(f):
			stands[0].span.since = f.span.since
		default:
			forms[f.number] = append(stands, f)
		}
		previous = f.number
	}

	m.fields = m.fields[:0:0]
	for _, number := range order {
		m.fields = append(m.fields, forms[number]...)
	}
}

// insertAfter puts a number behind another one, or first if that one is not there.
func insertAfter(order []int, after, number int) []int {
	at := 0
	for i, other := range order {
		if other == after {
			at = i + 1
		}
	}
	order = append(order, 0)
	copy(order[at+1:], order[at:])
	order[at] = number
	return order
}

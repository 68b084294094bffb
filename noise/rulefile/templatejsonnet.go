package rulefile

// jsonnetReader looks for alerts and for keys in jsonnet.
type jsonnetReader struct {
	t     *Template
	src   []byte
	words []jsonnetWord
}

func (t *Template) readJsonnet() {
	r := &jsonnetReader{t: t, src: t.text, words: jsonnetWords(t.text)}
	r.locals()
	for at := 0; at < len(r.words); at++ {
		if r.words[at].is(r.src, '{') {
			_, at = r.object(at, 0)
		}
	}
}

// locals notes what local variables are.
func (r *jsonnetReader) locals() {
	for i := 0; i+3 < len(r.words); i++ {
		if r.words[i].kind == jsonnetName && r.words[i].text(r.src) == "local" && r.words[i+2].is(r.src, '=') {
			r.give(r.words[i+1].text(r.src), i+3, r.valueEnd(i+3))
		}
	}
}

func (r *jsonnetReader) give(key string, from, to int) {
	if to > from {
		r.t.keys[key] = append(r.t.keys[key], given{r.t, r.words[from].start, r.words[to-1].end})
	}
}

// jsonnetObject is the fields of an object, each with the words of its value.
type jsonnetObject map[string]jsonnetField

type jsonnetField struct {
	from, to int
	object   jsonnetObject // where the value is one, and nothing else
}

// object reads an object from its bracket on, and gives the place of its last
// word.
func (r *jsonnetReader) object(at, depth int) (jsonnetObject, int) {
	out := jsonnetObject{}
	start := at
	for at++; at < len(r.words) && !r.words[at].is(r.src, '}'); {
		key, value := r.key(at)
		if value == 0 {
			at = r.skip(at, depth)
			continue
		}
		f := jsonnetField{from: value}
		f.to = r.fieldEnd(value, depth, &f)
		out[key] = f
		r.give(key, f.from, f.to)
		at = f.to
	}
	end := min(at, len(r.words)-1)
	if alert, ok := out["alert"]; ok && len(r.t.sites) < maxSites {
		r.site(out, alert, start, end)
	}
	return out, end
}

// key is the key of a field that begins at a word, and the first word of its
// value; 0 where no field begins.
func (r *jsonnetReader) key(at int) (string, int) {
	w := r.words[at]
	if w.kind != jsonnetName && w.kind != jsonnetString {
		return "", 0
	}
	next := at + 1
	if next < len(r.words) && r.words[next].is(r.src, '+') {
		next++
	}
	colons := 0
	for next < len(r.words) && r.words[next].is(r.src, ':') && colons < 3 {
		next++
		colons++
	}
	if colons == 0 || next >= len(r.words) {
		return "", 0
	}
	return w.content(r.src), next
}

// skip passes over a word, or an object with all that is in it.
func (r *jsonnetReader) skip(at, depth int) int {
	if r.words[at].is(r.src, '{') && depth < maxTemplates {
		_, at = r.object(at, depth+1)
	}
	return at + 1
}

// fieldEnd is where a field's value ends, and reads the objects in it.
func (r *jsonnetReader) fieldEnd(at, depth int, f *jsonnetField) int {
	from, brackets := at, 0
	for at < len(r.words) {
		w := r.words[at]
		switch {
		case brackets == 0 && (w.is(r.src, ',') || w.is(r.src, '}')):
			return at
		case w.is(r.src, '{') && depth < maxTemplates:
			object, end := r.object(at, depth+1)
			if at == from {
				f.object = object
			}
			at = end
		case w.is(r.src, '(') || w.is(r.src, '[') || w.is(r.src, '{'):
			brackets++
		case w.is(r.src, ')') || w.is(r.src, ']') || w.is(r.src, '}'):
			brackets--
		}
		at++
	}
	return at
}

// valueEnd is where the value of a local variable ends.
func (r *jsonnetReader) valueEnd(at int) int {
	brackets := 0
	for last := min(at+maxLocal, len(r.words)); at < last; at++ {
		w := r.words[at]
		switch {
		case brackets == 0 && (w.is(r.src, ';') || w.is(r.src, ',')):
			return at
		case w.is(r.src, '(') || w.is(r.src, '[') || w.is(r.src, '{'):
			brackets++
		case w.is(r.src, ')') || w.is(r.src, ']') || w.is(r.src, '}'):
			if brackets--; brackets < 0 {
				return at
			}
		}
	}
	return at
}

// maxLocal bounds the words of a local variable's value.
const maxLocal = 1000

// site notes an object that is an alert.
func (r *jsonnetReader) site(o jsonnetObject, alert jsonnetField, start, end int) {
	s := &site{of: r.t, start: r.words[start].start, end: r.words[end].end, fields: map[string]*written{}}
	for _, field := range []Field{Expr, For, KeepFiringFor} {
		if f, ok := o[string(field)]; ok {
			s.fields[string(field)] = r.written(f.from, f.to)
		}
	}
	for name, f := range o["labels"].object {
		s.fields["labels."+name] = r.written(f.from, f.to)
	}
	s.alert = r.written(alert.from, alert.to)
	r.t.sites = append(r.t.sites, s)
}

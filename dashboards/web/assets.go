package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static/page.css static/page.js static/mark.svg
var static embed.FS

// assets are the style sheet and the script, by the names that pages ask for: a
// hash in the name changes with the content, so that browsers may keep them.
type assets struct {
	names map[string]string // page.css -> page.1a2b3c.css
	files map[string][]byte // page.1a2b3c.css -> content
}

func newAssets() assets {
	a := assets{names: map[string]string{}, files: map[string][]byte{}}
	for _, name := range []string{"page.css", "page.js", "mark.svg"} {
		body, err := static.ReadFile("static/" + name)
		if err != nil { // it is embedded, so it is there
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.names[name], a.files[hashed] = hashed, body
	}
	return a
}

func (a assets) url(name string) string { return "/static/" + a.names[name] }

func (a assets) serve(w http.ResponseWriter, req *http.Request) {
	setHeaders(w.Header())
	name := req.PathValue("name")
	body, ok := a.files[name]
	if !ok {
		http.NotFound(w, req)
		return
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, req, name, time.Time{}, bytes.NewReader(body))
}

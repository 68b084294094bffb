package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// slugLimit bounds the readable part of an address.
const slugLimit = 60

// ruleID is the id of a rule in addresses: its name, and a hash of what else
// tells it apart. It does not change with the folder that its file lies in, as
// noise.FindingID does not.
func ruleID(k noise.RuleKey) string {
	return slug(k.Name) + "-" + hash(k.Name, k.Group, path.Base(filepath.ToSlash(k.File)), k.Severity)
}

// fullRuleID tells rules apart that differ in the folder alone.
func fullRuleID(k noise.RuleKey) string {
	return slug(k.Name) + "-" + hash(k.Name, k.Group, k.File, k.Severity)
}

// pathID is an id that is safe as one part of a path: as it is where it is plain,
// else its readable part and a hash of all of it.
func pathID(id string) string {
	if s := slug(id); s == id {
		return id
	}
	return slug(id) + "-" + hash(id)
}

// slug keeps letters, digits and dashes; whatever lies between becomes one dash.
func slug(s string) string {
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= slugLimit {
			break
		}
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if out := strings.TrimRight(b.String(), "-"); out != "" {
		return out
	}
	return "x"
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:5])
}

// sloURL is the address of an SLO's page. Dots alone would be taken for folders.
func sloURL(service, name string) string {
	part := func(s string) string {
		if s == "" || s == "." || s == ".." {
			return "x-" + hash(s)
		}
		return url.PathEscape(s)
	}
	return "/slos/" + part(service) + "/" + part(name)
}

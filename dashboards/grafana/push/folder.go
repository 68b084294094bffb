package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
)

// folderOf is a folder of Grafana.
type folderOf struct {
	UID   string `json:"uid"`
	Title string `json:"title"`
}

// folder is the uid of the folder of a title, made where there is none; empty for the
// top. Grafana lets folders share a title: then the first that it lists is taken.
func (c *Client) folder(ctx context.Context, title string) (string, error) {
	if title == "" {
		return "", nil
	}
	var found folderOf
	own := folderUID(title)
	err := c.call(ctx, http.MethodGet, "api/folders/"+url.PathEscape(own), nil, &found)
	if err == nil {
		return own, nil
	}
	if !isNotFound(err) {
		return "", fmt.Errorf("look for folder %q: %w", title, err)
	}
	var all []folderOf
	if err := c.call(ctx, http.MethodGet, "api/folders?limit=1000", nil, &all); err != nil {
		return "", fmt.Errorf("look for folder %q: %w", title, err)
	}
	for _, f := range all {
		if f.Title == title {
			return f.UID, nil
		}
	}
	if err := c.call(ctx, http.MethodPost, "api/folders", folderOf{own, title}, &found); err != nil {
		return "", fmt.Errorf("make folder %q: %w", title, err)
	}
	return own, nil
}

// folderUID is the uid of a folder that burnish makes, so that renaming it in Grafana
// does not make another one.
func folderUID(title string) string {
	sum := sha256.Sum256([]byte(title))
	return "burnish-" + hex.EncodeToString(sum[:8])
}

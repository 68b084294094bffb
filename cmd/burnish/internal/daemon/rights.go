package daemon

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// asking are the paths under which a request that is not GET changes nothing, or
// shows a right of its own.
var asking = []string{"/api/v1/gate", "/mcp", "/api/v1/alertmanager/"}

// rights lets read what everybody may, and keeps for admins what changes
// something: to declare an incident, to reload. Without admins whoever gets in may
// do both. Who somebody is has been proven by the web configuration's basic
// authentication before. Requests that another site's page makes are refused.
func rights(admins []string, log *slog.Logger, next http.Handler) http.Handler {
	checked := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, _, _ := req.BasicAuth()
		if changes(req) && len(admins) > 0 && !slices.Contains(admins, user) {
			log.WarnContext(req.Context(), "refused what only admins may", "user", user, "method", req.Method, "path", req.URL.Path)
			say(w, http.StatusForbidden, "Only admins may do that (web.admin_users).")
			return
		}
		next.ServeHTTP(w, req)
	})
	return http.NewCrossOriginProtection().Handler(checked)
}

func changes(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	for _, path := range asking {
		if req.URL.Path == path || strings.HasPrefix(req.URL.Path, path) && (strings.HasSuffix(path, "/") || req.URL.Path[len(path)] == '/') {
			return false
		}
	}
	return true
}

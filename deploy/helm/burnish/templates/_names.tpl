{{- define "burnish.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "burnish.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "burnish.labels" -}}
{{ include "burnish.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "burnish.account" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "burnish.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "burnish.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{ .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The configuration: what the values say, and what the chart itself decides. */}}
{{- define "burnish.config" -}}
{{- $own := dict "web" (dict "listen_address" ":2876") -}}
{{- if .Values.web.existingSecret }}{{ $_ := set $own.web "config_file" "/etc/burnish-web/web.yml" }}{{ end -}}
{{- if .Values.postgresql.enabled }}{{ $_ := set $own "history" (dict "url_file" "/run/secrets/burnish/postgresql/url") }}
{{- else }}{{ $_ := set $own "history" (dict "path" "/var/lib/burnish/burnish.db") }}{{ end -}}
{{- if .Values.slos }}{{ $_ := set $own "slos" (dict "files" (list "/etc/burnish-slos/*")) }}{{ end -}}
{{ mergeOverwrite (deepCopy .Values.config) $own | toYaml }}
{{- end }}

{{- define "burnish.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.postgresql.enabled) }}{{ fail "replicas above 1 need postgresql.enabled: a file can't be shared" }}{{ end -}}
{{- if and .Values.postgresql.enabled (not .Values.postgresql.existingSecret) }}{{ fail "postgresql.enabled needs postgresql.existingSecret, which holds the URL" }}{{ end -}}
{{- end }}

{{- define "server.name" -}}
cameleer-server
{{- end }}

{{- define "server.selector" -}}
app.kubernetes.io/name: {{ include "server.name" . }}
{{- end }}

{{- define "server.labels" -}}
app.kubernetes.io/managed-by: cameleer
{{ include "server.selector" . }}
cameleer.io/tenant: {{ .Values.tenant.id | quote }}
{{- end }}

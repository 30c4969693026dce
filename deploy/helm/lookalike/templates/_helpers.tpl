{{- define "lookalike.labels" -}}
app.kubernetes.io/name: lookalike
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

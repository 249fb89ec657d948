"""The only place that reads and edits YAML: text in, plain data with positions out."""

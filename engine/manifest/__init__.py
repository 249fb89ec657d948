"""Manifests and tenants' files: YAML in, checked, typed objects out. What each part does: docs/architecture.md."""

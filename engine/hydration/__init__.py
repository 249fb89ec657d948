"""Hydrate: what scoring and writing need of one application, fetched by the manifest's operations."""

"""Lint: what a manifest means, beyond its form: types, samples, and what could go wrong with it."""

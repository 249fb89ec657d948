"""Checks of one tenant's connection, as values: what works, what failed, what a person has to do."""

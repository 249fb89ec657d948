"""The API under ``/api/v1/``: resources, each in a file, behind keys with a role and a scope."""

"""The project's JSON Schemas: whether a file has the right form, which mechanisms it uses, and their reference."""

"""A manifest against the vendor's OpenAPI: what it calls, sends and reads that the document does not know."""

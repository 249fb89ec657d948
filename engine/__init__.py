"""Fieldwright: ATS events in, scores with reasons written back, one YAML manifest per ATS."""

__version__ = "0.1.0"

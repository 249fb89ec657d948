"""A pretend TrackerRMS with state: ``TrackerRms``."""

from __future__ import annotations

from sandbox.trackerrms.server import TrackerRms

__all__ = ["TrackerRms"]

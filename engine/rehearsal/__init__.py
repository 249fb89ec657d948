"""Rehearse: one event through the real pipeline against canned answers. Nothing is sent."""

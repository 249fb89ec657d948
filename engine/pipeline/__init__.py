"""The only place that knows what follows what: accepted event → translate → … → outcome.

``events`` takes an event to its plan, ``deliveries`` takes a plan to the ATS; both are driven by ``engine.runtime``.
"""

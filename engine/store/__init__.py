"""The store: the only SQL. ``Store`` opens a database; the modules beside it are its table families."""

from __future__ import annotations

from engine.store.deliveries import Delivery, NewDelivery
from engine.store.events import Accepted, Claim, StoredEvent
from engine.store.store import Store
from engine.store.written import Written

__all__ = ["Accepted", "Claim", "Delivery", "NewDelivery", "Store", "StoredEvent", "Written"]

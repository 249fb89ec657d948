"""One page of a list, asked for again where it comes late: a list of many pages is not given up for that."""

from __future__ import annotations

from collections.abc import Callable

from connectors.messages import Answer
from engine.clock import Clock
from engine.errors import Throttled, Transient

_TRIES = 4
_LONGEST_WAIT_S = 130.0


def patiently(call: Callable[[], Answer], clock: Clock, *, begun: bool) -> Answer:
    """The answer of ``call``, within four tries. Raises as ``call`` does.

    Nor is a list that has ``begun`` given up for our own limits: it would meet them at the same page each time.
    """
    for tried in range(1, _TRIES):
        try:
            return call()
        except Throttled as error:
            if error.stage == "before":
                if not begun or not error.wait_s or error.wait_s > _LONGEST_WAIT_S:
                    raise
                clock.sleep(error.wait_s)
        except Transient:
            clock.sleep(2.0 ** (tried - 1))
    return call()

"""A regular expression that a manifest declares in; where it could take for ever on some text, out."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|\(\??|\)|\{[0-9]*,[0-9]*\}|[*+|]|.", re.DOTALL)


def endless_repeat(pattern: str) -> int | None:
    """The character at which a group is repeated that repeats or chooses inside, as in ``(a+)+``; None: nowhere.

    On a text that nearly fits, such a group is tried in as many ways as the text can be cut up.
    """
    varies, closed = [False], False
    for piece in _PIECE.finditer(pattern):
        text, was_closed, closed = piece.group(), closed, False
        if text.startswith("("):
            varies.append(False)
        elif text == ")" and len(varies) > 1:
            closed = varies.pop()
            varies[-1] |= closed
        elif text == "|":
            varies[-1] = True
        elif text in ("*", "+") or (text.startswith("{") and len(text) > 1):
            if was_closed:
                return piece.start()
            varies[-1] = True
    return None

"""What is wrong with a template in words for the person who wrote it, and where a name stands in its text."""

from __future__ import annotations

import re

from engine.manifest.language.expressions import Chain, ExpressionSyntaxError
from engine.manifest.language.template_checks import NO_PROJECTION

_EXPLANATIONS: tuple[tuple[str, str, str, str], ...] = (
    (r"end of print statement", "the `{{{{` that is opened here is not closed", "end it with `}}}}`", "{{{{"),
    (r"end of statement block", "the `{{%` that is opened here is not closed", "end it with `%}}`", "{{%"),
    (r"unknown tag 'end(if|for)'", "`end{0}` closes nothing here", "is `{{% {0} … %}}` missing above?", "end{0}"),
    (r"unknown tag '(\w+)'", "there is no statement `{0}`", "notes know `if` and `for`", "{0}"),
    (r"Unexpected end of", "an `if` or `for` is not closed", "end it with `{{% endif %}}` or `{{% endfor %}}`", ""),
)
_PROJECTION = re.compile(r"\[(?:\*\]|\?)")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def explained(error: ExpressionSyntaxError, text: str) -> tuple[str, str, int]:
    """What is wrong with the template ``text``, what to do, and the character (from 0) it is about."""
    projection = next((found for code in _CODE.finditer(text) if (found := _PROJECTION.search(code[0]))), None)
    if projection is not None and error.message.startswith("unexpected"):
        place = text.find(projection[0], max(0, text.find("{")))
        return f"Jinja has no `{projection[0]}…`".replace("]…", "]"), NO_PROJECTION, place
    for pattern, message, hint, near in _EXPLANATIONS:
        found = re.search(pattern, error.message, re.IGNORECASE)
        if found:
            words = [word or "" for word in found.groups()]
            return message.format(*words), hint.format(*words), _place(text, near.format(*words), error.offset)
    return error.message, error.hint or "", error.offset


def _place(text: str, near: str, offset: int) -> int:
    # An unclosed mark is the last one; anything else stands in the line that is complained about.
    if near in ("{{", "{%"):
        return max(0, text.rfind(near))
    return max(offset, text.find(near, offset)) if near else offset


def offset_of(text: str, chain: Chain) -> int:
    """The character (from 0) at which the template ``text`` reads ``chain``; 0 where it cannot be told."""
    first, *rest = map(re.escape, chain)
    below = "".join(rf"(?:\s*\.\s*{name}|\s*\[\s*['\"]{name}['\"]\s*\])" for name in rest)
    whole = re.compile(rf"(?<![\w.'\"]){first}{below}(?!\w)")
    for code in _CODE.finditer(text):
        found = whole.search(text, code.start(), code.end())
        if found:
            return found.start()
    return 0

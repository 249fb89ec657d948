"""Two types that meet in an expression, or a type and what is due: what cannot be right, if anything, out.

Only what is certain is told: where one side may be anything, nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.manifest.findings import did_you_mean
from engine.manifest.types import SECRET, Kind, Type, describe

_ALL: tuple[Kind, ...] = ("text", "number", "boolean", "list", "object")


@dataclass(frozen=True, slots=True)
class Clash:
    """What cannot be right, and what to do; ``at`` is the character of the expression it is about."""

    code: str
    message: str
    hint: str = ""
    at: int = 0


def fits(type_: Type, *kinds: Kind) -> bool:
    """Whether the value may be of one of ``kinds``, or nothing is known of it."""
    return type_.is_nothing or type_.may_be(*kinds)


def is_id(type_: Type) -> bool:
    """Whether it is known whose id the value is."""
    return type_.means.endswith(".id")


def misplaced(type_: Type, means: str) -> Clash | None:
    """Why a value of ``type_`` cannot stand where one that ``means`` this is due: the id of something else."""
    if not is_id(type_) or not means.endswith(".id") or type_.means == means:
        return None
    due, given = (describe(Type(frozenset({"text"}), means=word)) for word in (means, type_.means))
    return Clash("wrong-id", f"{due} is due here, and this is {given}")


def compared(one: Type, other: Type, *, ordered: bool, at: int = 0) -> Clash | None:
    """Why the two cannot be compared, or never be equal."""
    one, other = one.present, other.present
    if one.kinds is None or other.kinds is None or one.is_nothing or other.is_nothing:
        return None
    words = f"{describe(one)} is compared with {describe(other)}"
    if is_id(one) and is_id(other) and one.means != other.means:
        return Clash("wrong-id", words, "ids of two kinds are never the same thing", at)
    if not any(one.may_be(kind) and other.may_be(kind) for kind in _ALL):
        mixed = one.may_be("text", "number") and other.may_be("text", "number")
        return Clash("never-true", f"{words}: that never holds", "to_string(…) makes text of it" if mixed else "", at)
    if ordered and not (one.may_be("text", "number") and other.may_be("text", "number")):
        return Clash("wrong-kind", f"{words}: only numbers and texts have an order", at=at)
    return _words(one, other, at) or _moments(one, other, words, at)


def _words(one: Type, other: Type, at: int) -> Clash | None:
    if not one.one_of or not other.one_of or not frozenset(one.one_of).isdisjoint(other.one_of):
        return None
    if not (_is_text(one) and _is_text(other)):
        return None
    few, many = sorted((one.one_of, other.one_of), key=len)
    return Clash("never-true", f"it is never `{few[0][:60]}`", did_you_mean(few[0], many), at)


def _moments(one: Type, other: Type, words: str, at: int) -> Clash | None:
    if not (_is_text(one) and _is_text(other)) or (one.means == "moment") == (other.means == "moment"):
        return None
    rest = other if one.means == "moment" else one
    certain = rest.one_of or rest.means != "free"
    if not certain or rest.means == SECRET:
        return None
    return Clash("never-true", f"{words}, which is no moment", "a moment is written 2026-06-08T17:20:29Z", at)


def _is_text(type_: Type) -> bool:
    return type_.kinds == frozenset({"text"})

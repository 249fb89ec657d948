"""A request's calls, one after the other: each step once, whatever is interrupted; the result is a value.

What was made and captured is kept after each step, and before a step leaves that must not be made twice. A retry,
or another process, goes on behind the last one that was made; what was only read since the last write is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors.calls import Caller
from connectors.messages import UploadFile
from engine.delivery.attempt import Arrived, Attempted, Later, Sought, Unproven, attempt, verify
from engine.manifest.language.expressions import holds
from engine.manifest.model import FoundBy, Operation, RecipeStep
from engine.model import Json

CHANGED = "the recipe in the manifest is another one since its first steps were made"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request came. ``made`` holds its steps in order, ``sending`` the one that left without an answer.

    ``captured`` is what the round under way has captured so far.
    """

    made: tuple[str, ...] = ()
    captured: Mapping[str, Json] = field(default_factory=dict, repr=False)
    sending: str | None = None


class Keep(Protocol):
    """Keeps a request's progress so that it outlives this process."""

    def sending(self, progress: Progress | None) -> None:
        """A write leaves that must not be made twice. None: the request has one step, and no other state."""

    def stands(self, progress: Progress) -> None:
        """A step was made, or is known not to have been."""


Call = tuple[str, RecipeStep | FoundBy, Mapping[str, Json]]
"""A call's key in its recipe, the step or the reading after the steps, and what its round sees."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The calls to make: ``steps`` in each of ``rounds``, which is what they see beside ``context``."""

    steps: tuple[RecipeStep, ...]
    rounds: Sequence[Mapping[str, Json]]
    context: Mapping[str, Json] = field(repr=False)
    sought: Sought
    file: UploadFile | None = field(default=None, repr=False)
    verify: FoundBy | None = None

    @property
    def is_single(self) -> bool:
        """Whether it is one call, which needs no progress kept beside whether it was sent."""
        return len(self.steps) == 1 and len(self.rounds) < 2 and self.verify is None

    def calls(self) -> Iterator[Call]:
        """Every call, in order."""
        for number, seen in enumerate(self.rounds):
            # What is there already is left out of the rounds, so their number may tell another one the next time.
            own = seen["tags"][-1] if seen.get("tags") else number
            for name, step in self.named():
                yield f"{own}.{name}", step, seen

    def goes_on_behind(self, made: Sequence[str]) -> bool:
        """Whether calls that were ``made`` are the first of this recipe, or of rounds that it needs no more."""
        keys = [key for key, _, _ in self.calls()]
        names = {name for name, _ in self.named()}
        kept = [key for key in made if key in keys]
        return kept == keys[: len(kept)] and all(_name_of(key) in names for key in made)

    def named(self) -> Iterator[tuple[str, RecipeStep | FoundBy]]:
        """(its name in each round, the step or the reading after them) of every call of one round, in order."""
        for index, step in enumerate(self.steps):
            yield f"{index} {step.call}", step
        if self.verify is not None:
            yield f"verify {self.verify.operation}", self.verify


def _name_of(key: str) -> str:
    """What a call's key names in its round."""
    return key.rpartition(".")[2]


class Cook:
    """Follows one recipe. ``progress`` is where an earlier attempt stopped."""

    def __init__(
        self, caller: Caller, operations: Mapping[str, Operation], recipe: Recipe, progress: Progress, keep: Keep
    ) -> None:
        self._caller, self._operations, self._recipe = caller, operations, recipe
        self._progress, self._keep = progress, keep

    def cook(self) -> Attempted:
        """Makes what is left to make; what the whole came to."""
        calls = list(self._recipe.calls())
        before = self._progress.made
        if not self._recipe.goes_on_behind(before):
            return Unproven(CHANGED)
        before = self._written(before)
        self._progress = replace(self._progress, made=before)
        result: Attempted = Arrived("already there")
        for key, step, seen in calls:
            if key in before:
                continue
            if step is self._recipe.steps[0]:
                self._progress = replace(self._progress, captured={})
            context = {**self._recipe.context, **seen, "captured": dict(self._progress.captured)}
            if isinstance(step, FoundBy) or step.when is None or holds(step.when(self._seen(context))):
                result = self._made(key, step, context)
                if not isinstance(result, Arrived):
                    return self._stopped(result)
                self._captured(result)
            made = (*self._progress.made, key)
            self._progress = replace(self._progress, made=made, sending=None)
            if not self._recipe.is_single and key != calls[-1][0]:
                self._keep.stands(self._progress)
        return result

    def _written(self, made: tuple[str, ...]) -> tuple[str, ...]:
        """The calls ``made`` up to the last that writes: what was read behind it may be another by now."""
        steps = dict(self._recipe.named())
        while made and isinstance(step := steps[_name_of(made[-1])], RecipeStep):
            if self._operations[step.call].writes:
                break
            made = made[:-1]
        return made

    def _seen(self, context: Mapping[str, Json]) -> Mapping[str, Json]:
        file = self._recipe.file
        return context if file is None else {**context, "file": file.as_json()}

    def _made(self, key: str, step: RecipeStep | FoundBy, context: Mapping[str, Json]) -> Attempted:
        if isinstance(step, FoundBy):
            return verify(self._caller, self._seen(context), step, self._recipe.sought)
        return self._attempt(key, step, context)

    def _attempt(self, key: str, step: RecipeStep, context: Mapping[str, Json]) -> Attempted:
        def before_sending() -> None:
            if self._recipe.is_single:
                self._keep.sending(None)
            else:
                self._progress = replace(self._progress, sending=key)
                self._keep.sending(self._progress)

        return attempt(
            self._caller,
            self._operations[step.call],
            step,
            context,
            file=self._recipe.file,
            sent_before=self._progress.sending == key,
            sought=self._recipe.sought,
            before_sending=before_sending,
        )

    def _captured(self, result: Arrived) -> None:
        captured = {**self._progress.captured, **result.captured}
        self._progress = replace(self._progress, captured=captured)

    def _stopped(self, result: Attempted) -> Attempted:
        """What an interrupted recipe came to: once begun, it counts as sent, so that nothing takes its place."""
        if not isinstance(result, Later) or self._recipe.is_single:
            return result
        if not result.sent and self._progress.sending is not None:
            self._progress = replace(self._progress, sending=None)
            self._keep.stands(self._progress)
        return replace(result, sent=result.sent or bool(self._progress.made))

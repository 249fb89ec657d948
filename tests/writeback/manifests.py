"""Small manifests for the write-back's tests: places, notes and outputs; the rest is empty."""

from __future__ import annotations

from engine.manifest.language.expressions import compile_path
from engine.manifest.language.templates import compile_template, compile_tree
from engine.manifest.model import (
    At,
    Ats,
    Capability,
    Directory,
    Events,
    Manifest,
    Note,
    Output,
    Place,
    RecipeStep,
    Rung,
    WriteBack,
)
from engine.model import Json, PlaceKind

AT = At("test.yaml", 1, 1)
DIRECTORY = Directory("list_fields", compile_path("id"), compile_path("label"), compile_path("type"))
TYPES = {"NUMBER": "number", "TEXT": "text", "SELECT": "option", "FLAG": "boolean", "DAY": "date"}
TEXT = """{% if outputs.match_score is defined %}Score {{ outputs.match_score }}
{% endif %}{% if outputs.reasons is defined %}{{ outputs.reasons }}
{% endif %}{% for cause in causes %}{{ cause.place }}: {{ cause.why }}
{% endfor %}"""


def place(kind: PlaceKind, **more: object) -> Place:
    return Place(kind=kind, write=(RecipeStep(f"write_{kind}"),), at=AT, needs=(f"{kind}s",), **more)  # type: ignore[arg-type]


def places(**changes: Place) -> dict[PlaceKind, Place]:
    item = compile_tree({"id": "{{ field.id }}", "value": "{{ field.value }}"}, "value")
    usual: dict[str, Place] = {
        "field": place("field", item=item, types=TYPES, batch=3, directory=DIRECTORY, longest=200),
        "tag": place("tag"),
        "note": place("note", longest=600),
        "attachment": place("attachment"),
        "stage": place("stage", order=("New", "Screen", "Interview", "Offer")),
    }
    return {**usual, **changes}  # type: ignore[return-value]


def output(name: str, *rungs: tuple[str, str], value: Json = "{{ score.match }}", when: str | None = None) -> Output:
    return Output(
        name=name,
        value=compile_tree(value, "value"),
        rungs=tuple(Rung(kind, target, AT) for kind, target in rungs),  # type: ignore[arg-type]
        at=AT,
        when=compile_path(when) if when else None,
    )


def manifest(*outputs: Output, text: str = TEXT, subject: str | None = None, **changes: Place) -> Manifest:
    head = compile_template(subject, "text") if subject else None
    notes = {name: Note(name, compile_template(text, "note"), AT, head) for name in ("evaluation", "feedback")}
    says = {f"{kind}s": Capability(f"{kind}s", f"writing {kind}s", AT) for kind in places()}
    return Manifest(
        file="test.yaml",
        digest="0" * 64,
        ats=Ats("test", "Test ATS"),
        settings={},
        apis={},
        operations={},
        objects={},
        resume=(),
        application_list=None,
        events=Events("poll", 30.0, None, None),
        capabilities=says,
        write_back=WriteBack(places(**changes), notes, {item.name: item for item in outputs}),
        actions={},
        setup=(),
    )

"""What a manifest tells of the data that its operations give: which is about persons, and what its own words are.

In: a connection. Out: ``Subjects``. Operations are taken to be about persons unless the manifest uses them for what
is none: jobs, custom fields and their options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Literal

from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path
from engine.manifest.model import Directory, Manifest
from engine.manifest.yaml.source import read
from engine.model import Json

Personal = Literal["name", "email", "phone", "address", "link", "private"]

_BY_FIELD: Mapping[str, Personal] = {
    "first_name": "name",
    "last_name": "name",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "location": "address",
    "links": "link",
}
_QUOTED = re.compile(r"'([^']{1,80})'|\"([^\"]{1,80})\"|`([^`]{1,80})`")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAME_KEYS = frozenset(
    {
        *("firstname", "lastname", "fullname", "middlename", "givenname", "familyname", "surname", "displayname"),
        *("username", "nickname", "preferredname", "forename", "maidenname", "formattedname", "initials"),
    }
)
_WORDS: Mapping[str, Personal] = {
    **dict.fromkeys(("email", "mail", "emails"), "email"),
    **dict.fromkeys(("phone", "phones", "mobile", "telephone", "tel", "cell", "fax", "whatsapp"), "phone"),
    **dict.fromkeys(
        ("address", "addresses", "street", "city", "town", "zip", "postcode", "postal", "county"), "address"
    ),
    **dict.fromkeys(("linkedin", "github", "twitter", "facebook", "skype", "website"), "link"),
    **dict.fromkeys(
        ("birth", "dob", "birthday", "birthdate", "age", "gender", "sex", "race", "ethnicity"), "private"
    ),
    **dict.fromkeys(("nationality", "religion", "disability", "veteran", "marital", "pronouns", "salary"), "private"),
    **dict.fromkeys(("compensation", "latitude", "longitude", "lat", "lng", "ssn", "passport", "visa"), "private"),
}
_PEOPLE = frozenset(
    {
        *("recruiter", "manager", "owner", "creator", "author", "user", "contact", "interviewer", "assignee"),
        *("coordinator", "candidate", "person", "people", "members", "team", "created", "updated"),
    }
)
_ID_WORDS = frozenset({"id", "ids", "uuid", "guid"})


@dataclass(frozen=True, slots=True)
class Subjects:
    """``impersonal``: operations that tell of no person; ``vocabularies``: those of them that give names of fields.

    ``keys``: what the canonical mapping reads under a key. ``id_keys``: keys under which it reads ids; ``marks``:
    those of the place of a next page; ``header_names``: headers of a webhook that it reads. ``words``: what the
    manifest itself says, which is nobody's data. ``files``: operations that give a file; ``encoded``: those that
    give one as base64, and where it stands.
    """

    impersonal: frozenset[str]
    vocabularies: frozenset[str]
    keys: Mapping[str, Personal]
    id_keys: frozenset[str]
    marks: frozenset[str]
    words: frozenset[str]
    header_names: frozenset[str]
    files: frozenset[str]
    encoded: Mapping[str, tuple[str, ...]]

    def kind(self, key: str, *, personal: bool) -> Personal | None:
        """What stands under ``key``: by its own words, else by the canonical mapping (of persons only)."""
        words = words_of(key)
        if is_name(key):
            return "name"
        told = next((_WORDS[word] for word in words if word in _WORDS), None)
        if not personal:
            return told if told in ("email", "phone") else None
        return told or self.keys.get(key)

    def is_id(self, key: str) -> bool:
        """Whether ids stand under ``key``."""
        return key in self.id_keys or words_of(key)[-1:] in ([word] for word in _ID_WORDS)


def is_name(key: str) -> bool:
    """Whether ``key`` says by its own words that a person's name stands there."""
    return "".join(words_of(key)) in _NAME_KEYS


def is_of_people(key: str) -> bool:
    """Whether what stands under ``key`` tells of persons who work there."""
    return any(word in _PEOPLE or word.removesuffix("s") in _PEOPLE for word in words_of(key))


def words_of(key: str) -> list[str]:
    """The words that ``key`` is made of, in lower case."""
    return [word.lower() for word in _CAMEL.findall(key)]


def subjects_of(connection: Connection) -> Subjects:
    """What the manifest of ``connection`` tells. Raises SpecError where its file is gone."""
    manifest = connection.manifest
    vocabularies = frozenset(_vocabularies(manifest))
    files = {name for name, operation in manifest.operations.items() if operation.binary}
    encoded = {one.download: _chain(one.base64) for one in manifest.resume if one.download and one.base64}
    return Subjects(
        impersonal=frozenset({*vocabularies, *_impersonal(manifest)}),
        vocabularies=vocabularies,
        keys=dict(_personal_keys(manifest)),
        id_keys=frozenset(_id_keys(manifest)),
        marks=frozenset(_marks(manifest)),
        header_names=frozenset(_header_names(manifest)),
        words=frozenset(
            {*_texts(read(FilePath(manifest.file)).data), *_own_targets(manifest), *_event_words(manifest)}
        ),
        files=frozenset(files),
        encoded=encoded,
    )


def _impersonal(manifest: Manifest) -> Iterator[str]:
    yield manifest.objects["job"].read
    yield from (added.read for added in manifest.objects["job"].add.values())
    streams = manifest.events.poll.streams.values() if manifest.events.poll else ()
    yield from (stream.operation for stream in streams if not {"candidate", "application"} & stream.ids.keys())


def _vocabularies(manifest: Manifest) -> Iterator[str]:
    for place in manifest.write_back.places.values():
        known: Iterable[Directory | None] = (place.directory, place.options)
        yield from (one.operation for one in known if one is not None)


def _personal_keys(manifest: Manifest) -> Iterator[tuple[str, Personal]]:
    rule = manifest.objects["candidate"]
    for field, path in rule.fields.items():
        if field in _BY_FIELD:
            yield from ((chain[-1], _BY_FIELD[field]) for chain in path.references if chain)


def _id_keys(manifest: Manifest) -> Iterator[str]:
    rules = manifest.objects.values()
    paths = [path for rule in rules for field, path in rule.fields.items() if field == "id" or field.endswith("_id")]
    streams = manifest.events.poll.streams.values() if manifest.events.poll else ()
    paths += [path for stream in streams for path in stream.ids.values()]
    ways = (way for way in (manifest.events.webhook, manifest.events.queue) if way is not None)
    paths += [path for way in ways for rule in way.types.values() for path in rule.ids.values()]
    paths += [operation.key for operation in manifest.operations.values() if operation.key is not None]
    listed = manifest.application_list
    paths += [path for path in (listed.job_id, listed.application_id) if path] if listed is not None else []
    yield from (chain[-1] for path in paths for chain in path.references if chain)


def _header_names(manifest: Manifest) -> Iterator[str]:
    """The headers of a webhook that the manifest reads, but for its signature."""
    door = manifest.events.webhook
    if door is not None:
        paths = [door.name, door.dedupe, *(path for rule in door.types.values() for path in rule.ids.values())]
        chains = [chain for path in paths if path is not None for chain in path.references]
        yield from (chain[1].lower() for chain in chains if chain[0] == "headers" and len(chain) > 1)


def _marks(manifest: Manifest) -> Iterator[str]:
    sources = (one.paging.source for one in manifest.operations.values() if one.paging is not None)
    yield from (chain[-1] for path in sources if path is not None for chain in path.references if chain)


def _event_words(manifest: Manifest) -> Iterator[str]:
    """The words of which the names of the ATS's events are made."""
    events = manifest.events
    for way in (events.webhook, events.queue):
        yield from (word for name in (way.types if way is not None else ()) for word in re.split(r"\W+", name))


def _own_targets(manifest: Manifest) -> Iterator[str]:
    outputs = manifest.write_back.outputs.values()
    yield from (rung.target for output in outputs for rung in output.rungs)


def _texts(data: Json) -> Iterator[str]:
    """The keys and values of the manifest, what is quoted in them, and the pieces of its addresses."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
    elif isinstance(data, str):
        yield data
        yield from data.split("/")
        yield from (part for found in _QUOTED.findall(data) for part in found if part)


def _chain(path: Path) -> tuple[str, ...]:
    return path.references[0] if path.references else ()

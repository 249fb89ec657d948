"""Hostile YAML: each text is refused with a position, in under a second and 64 MiB."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from engine.errors import SpecError
from engine.manifest.yaml.source import read_text

BOMBS = {
    "anchors": (
        "a: &a [x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "anchor",
    ),
    "merge keys": (
        "a: &a {k: 1}\n"
        + "".join(f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "merge-key",
    ),
    "nested lists": ("[" * 500, "too-deep"),
    "very nested lists": ("[" * 250_000, "too-deep"),
    "nested mappings": ("{a: " * 5_000, "too-deep"),
    "nested block lists": ("- " * 5_000, "too-deep"),
    "nested keys": ("? " * 5_000, "too-deep"),
    "flat list": ("[" + "a," * 125_000 + "]", "too-many"),
    "flat mapping": ("".join(f"k{number}: 1\n" for number in range(22_000)), "too-many"),
    "flat list of mappings": ("[" + "{a}," * 60_000 + "]", "too-many"),
    "many lines": ("- a\n" * 60_000, "too-many"),
    "large": ("a: " + "x" * 300_000, "too-large"),
    "duplicates": ("a: 1\n" * 40_000, "duplicate-key"),
    "object": ("!!python/object/apply:os.system ['true']", "tag"),
    "long anchor": ("&" + "a" * 200_000 + " x", "anchor"),
    "open quotes": ("'" * 99_999, "syntax"),
    "null byte": ("a: \0", "control-character"),
    "surrogate": ("a: \ud800", "control-character"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_under_a_second(name):
    text, code = BOMBS[name]
    # Timed without the tracing of memory, which takes several times as long, and in this thread only.
    started = time.thread_time()
    with pytest.raises(SpecError) as refused:
        read_text(text, "m.yaml")
    took_s = time.thread_time() - started
    tracemalloc.start()
    with pytest.raises(SpecError):
        read_text(text, "m.yaml")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code in {finding.code for finding in refused.value.findings}
    assert len(refused.value.findings) <= 100
    assert len(str(refused.value)) < 20_000
    assert took_s < 1
    assert peak_bytes < 64 * 1024 * 1024


def test_the_largest_allowed_flat_file_reads_in_under_a_second():
    started = time.thread_time()
    source = read_text("".join(f"key{number}: value\n" for number in range(9_900)), "m.yaml")
    assert len(source.data) == 9_900
    assert time.thread_time() - started < 1


def test_depth_is_allowed_up_to_the_limit():
    assert read_text("[" * 20 + "]" * 20, "m.yaml").data
    with pytest.raises(SpecError, match="too-deep"):
        read_text("[" * 21 + "]" * 21, "m.yaml")

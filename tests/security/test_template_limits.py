"""Hostile templates: every known escape and bomb is refused when compiled where it can be seen, else while running."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import jinja2
import pytest

from engine.errors import ExpressionError
from engine.manifest.language.expressions import ExpressionSyntaxError
from engine.manifest.language.template_engine import FLOOR
from engine.manifest.language.templates import UNSET, compile_template

STATIC = {
    "class walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "class by key": "{{ ''['__class__'] }}",
    "format": "{{ '{0.__class__}'.format(x) }}",
    "format_map": "{{ '{a.__class__}'.format_map(x) }}",
    "stored format": "{{ ('{0.__class__}'.format)(x) }}",
    "attr filter": "{{ x | attr('format') }}",
    "map filter": "{{ x | map('attr', '__class__') }}",
    "xmlattr": "{{ x | xmlattr }}",
    "urlize": "{{ x | urlize }}",
    "center": "{{ 'a' | center(1000000000) }}",
    "format filter": "{{ '%1000000000d' | format(1) }}",
    "indent": "{{ 'a' | indent(1000000000) }}",
    "batch": "{{ x | batch(1000000000) }}",
    "lipsum": "{{ lipsum(1000000) }}",
    "lipsum globals": "{{ lipsum.__globals__ }}",
    "cycler globals": "{{ cycler.__init__.__globals__ }}",
    "self": "{{ self.__init__ }}",
    "method": "{{ x.delete() }}",
    "power": "{{ 9 ** 999999999 }}",
    "range": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "three loops": "{% for a in l %}{% for b in l %}{% for c in l %}{% endfor %}{% endfor %}{% endfor %}",
    "recursive loop": "{% for a in l recursive %}{{ loop(a) }}{% endfor %}",
    "set": "{% set a = 'x' %}",
    "set block": "{% set a %}x{% endset %}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}",
    "call block": "{% call x() %}{% endcall %}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as y %}",
    "from import": "{% from 'x' import y %}",
    "extends": "{% extends 'x' %}",
    "block": "{% block b %}{% endblock %}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "with": "{% with a = 1 %}{% endwith %}",
    "autoescape": "{% autoescape false %}{% endautoescape %}",
    "unpacking": "{% for a, b in l %}{% endfor %}",
    "parentheses": "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
    "nots": "{{ " + "not " * 900 + "1 }}",
    "lists": "{{ " + "[" * 1500 + "]" * 1500 + " }}",
    "many parts": "{{ " + "+".join("1" * 1200) + " }}",
    "long": "x" * 4097,
    "long in bytes": "é" * 2049,
    "long sum": "{{ " + "+".join(["big"] * 200) + " }}",
    "long filter chain": "{{ big" + " | replace('x', 'xxx')" * 50 + " }}",
    "nested ifs": "{% if x %}" * 200 + "{% endif %}" * 200,
}
RUNNING = {
    "product of texts": ("value", "{{ 'a' * 1000000000 }}"),
    "product of lists": ("value", "{{ l * 1000000000 }}"),
    "percent": ("value", "{{ '%1000000000d' % 1 }}"),
    "joined text": ("value", "{{ " + "~".join(["big"] * 400) + " }}"),
    "added text": ("value", "{{ " + "+".join(["big"] * 30) + " }}"),
    "replaced": ("value", "{{ big | replace('x', big) }}"),
    "replaced again": ("value", "{{ big" + " | replace('x', 'xxxxxxxxxx')" * 20 + " }}"),
    "joined list": ("value", "{{ l | join(big) }}"),
    "large product": ("value", "{{ " + "*".join(["n"] * 30) + " }}"),
    "repeated output": ("text", "{{ big }}" * 300),
    "repeated output in a loop": ("note", "{% for a in l %}{{ big }}{% endfor %}"),
    "silent loops": ("note", "{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}"),
    "many loops": ("note", "{% for a in l %}{% endfor %}" * 100),
    "slow loops": ("note", "{% for a in l %}{{ '' if big ~ big ~ big | upper == a }}{% endfor %}" * 8),
    "bullets": ("value", "{{ [big, big, big, big, big, big, big, big, big, big, big, big] | bullets(big) }}"),
    "shared lists": ("value", "{{ " + "[big, " * 30 + "1" + "]" * 30 + " | tojson }}"),
}


class Record:
    """An object that must not be reachable from a template."""

    secret = "fake-secret"

    def delete(self) -> str:
        raise AssertionError("a template called a method")

    def __str__(self) -> str:
        return self.secret


@pytest.mark.parametrize("kind", ["value", "note"])
@pytest.mark.parametrize("name", STATIC)
def test_what_can_be_seen_in_the_text_is_refused_when_compiled(name, kind):
    started = time.thread_time()
    with pytest.raises(ExpressionSyntaxError):
        compile_template(STATIC[name], kind)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize("statement", ["{% if a %}{% endif %}", "{% for x in a %}{% endfor %}"])
@pytest.mark.parametrize("kind", ["value", "text", "path"])
def test_statements_are_for_notes_only(statement, kind):
    with pytest.raises(ExpressionSyntaxError, match="notes only"):
        compile_template(statement, kind)


@pytest.mark.parametrize("name", RUNNING)
def test_what_grows_or_does_not_end_is_stopped_while_it_runs(name):
    kind, text = RUNNING[name]
    template = compile_template(text, kind)
    context = {"l": list(range(9_000)), "big": "x" * 50_000, "n": 10**15}
    started = time.thread_time()
    with pytest.raises(ExpressionError):
        template.render(context)
    assert time.thread_time() - started < 1
    tracemalloc.start()
    with pytest.raises(ExpressionError):
        template.render(context)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 64 * 1024 * 1024


@pytest.mark.parametrize(
    "name", ["range", "dict", "lipsum", "cycler", "joiner", "namespace", "loop", "context", "environment"]
)
def test_no_name_is_there_but_those_given(name):
    assert compile_template(f"{{{{ {name} }}}}", "value").render({}) is UNSET
    assert compile_template(f"{{{{ {name} if true }}}}", "value").render({}) is UNSET


@pytest.mark.parametrize("text", ["{{ x.secret }}", "{{ x.delete }}", "{{ x['secret'] }}", "{{ x.secret if true }}"])
def test_an_objects_attributes_cannot_be_read(text):
    assert compile_template(text, "value").render({"x": Record()}) is UNSET


@pytest.mark.parametrize(
    "text", ["a {{ x }}", "{{ x | string }}", "{{ x ~ '' }}", "{{ [x] | join }}", "{{ [x] }}", "{{ x if true }}"]
)
def test_an_object_does_not_become_text_or_a_value(text):
    with pytest.raises(ExpressionError):
        compile_template(text, "value").render({"x": Record()})


@pytest.mark.parametrize("text", ["{{ x.items }}", "{{ x.keys if true }}", "{{ ''.join }}", "{{ l.append if true }}"])
def test_methods_of_plain_data_are_not_there(text):
    result: Any = compile_template(text, "value").render({"x": {"a": 1}, "l": []})
    assert result is UNSET


def test_a_key_that_is_called_like_a_method_is_the_data():
    assert compile_template("{{ x.items if true }}", "value").render({"x": {"items": [1]}}) == [1]


def test_the_installed_jinja_has_no_known_escape():
    assert tuple(int(part) for part in jinja2.__version__.split(".")[:3]) >= FLOOR == (3, 1, 6)

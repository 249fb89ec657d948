"""One process works on a database; the lock ends with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from engine.runtime.state_lock import sole_worker
from engine.settings import Settings

_HOLDER = """
import sys
from pathlib import Path
from engine.runtime.state_lock import sole_worker
from engine.settings import Settings
with sole_worker(Settings(state=Path(sys.argv[1]))) as alone:
    print(alone, flush=True)
    sys.stdin.read()
"""


def test_the_second_is_not_alone_and_the_next_is_again(tmp_path: Path) -> None:
    with sole_worker(Settings(state=tmp_path)) as first, sole_worker(Settings(state=tmp_path)) as second:
        assert (first, second) == (True, False)
    with sole_worker(Settings(state=tmp_path)) as next_one:
        assert next_one


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        with sole_worker(Settings(state=tmp_path)) as alone:
            assert not alone
        holder.kill()
        holder.wait()
    with sole_worker(Settings(state=tmp_path)) as alone:
        assert alone

"""Who runs a command: the name by which the audit tells what a person had done."""

from __future__ import annotations

import getpass
import os


def operator() -> str:
    """``cli:<user of this machine>``, or the user's number where it has no name."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"

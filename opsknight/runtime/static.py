"""Collects the static files again when one of their sources changed."""

import os
from collections.abc import Callable

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from opsknight.static_files import UNUSED, Storage


class CannotCollect(RuntimeError):
    """There are no static files, and they cannot be written."""


def collect_if_stale(say: Callable[[str], None]) -> None:
    """Does nothing when the files are served from their sources. Raises CannotCollect."""
    if not isinstance(staticfiles_storage, Storage) or not staticfiles_storage.is_stale():
        return
    if _collect():
        staticfiles_storage.read_again()  # the processes started from here inherit it
        say("Static files collected")
    elif staticfiles_storage.is_there():
        say("The static files are older than this version and cannot be collected again")
    else:
        raise CannotCollect(f"the static files cannot be written to {staticfiles_storage.location}")


def _collect() -> bool:
    """In a process of its own: what it loads would stay in the memory of all others for ever."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            options = {"interactive": False, "verbosity": 0, "ignore_patterns": UNUSED}
            call_command("collectstatic", **options)
            status = 0
        except OSError as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    return ended == 0

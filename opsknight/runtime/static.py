"""Collects the static files again when one of their sources changed."""

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management import call_command

STAMP = ".sources"
UNUSED = ["django_htmx", "rest_framework"]  # no page of ours refers to what they bring


def collect_if_stale() -> bool:
    """Whether files were collected. Does nothing when the files are served from their sources."""
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return False
    root = Path(settings.STATIC_ROOT)
    manifest, stamp, digest = root / staticfiles_storage.manifest_name, root / STAMP, _digest()
    if manifest.exists() and stamp.exists() and stamp.read_text() == digest:
        return False
    _in_child_process()
    stamp.write_text(digest)
    return True


def _digest() -> str:
    """Names the sources by path, size and time of change."""
    lines = [settings.VERSION]
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=UNUSED):
            facts = Path(storage.path(name)).stat()
            lines.append(f"{name} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _in_child_process() -> None:
    # What hashing and compressing load into memory would stay in every process for ever.
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("the static files could not be collected; see the error above")

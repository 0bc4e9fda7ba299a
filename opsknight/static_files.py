"""Storage of the static files: hashed names, compressed quickly enough for a first start."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The default level 11 takes 20 times as long as level 5 for a tenth less.
BROTLI_LEVEL = 5
GZIP_LEVEL = 6
UNUSED = ["django_htmx", "rest_framework"]  # no page of ours refers to what they bring
STAMP = ".sources"


class QuickCompressor(Compressor):
    """Compresses once per installation, while somebody waits for the first page."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_LEVEL))

    @staticmethod
    def compress_gzip(data: bytes) -> bytes:
        return gzip.compress(data, GZIP_LEVEL, mtime=0)


class Storage(CompressedManifestStaticFilesStorage):
    """Keeps the hashed files only, and notes from which sources they were made."""

    keep_only_hashed_files = True

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickCompressor(**options)

    def save_manifest(self) -> None:
        super().save_manifest()
        Path(self.path(STAMP)).write_text(digest_of_sources())

    def read_again(self) -> None:
        """Take over what another process collected meanwhile."""
        self.hashed_files, self.manifest_hash = self.load_manifest()

    def is_there(self) -> bool:
        """Whether files were ever collected."""
        return Path(self.path(self.manifest_name)).exists()

    def is_stale(self) -> bool:
        """Whether a source was added, removed or changed since the files were collected."""
        stamp = Path(self.path(STAMP))
        if not self.is_there() or not stamp.exists():
            return True
        return stamp.read_text() != digest_of_sources()


def digest_of_sources() -> str:
    """Names the sources by path and content: times of change do not survive an image build."""
    lines = [settings.VERSION]
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=UNUSED):
            content = Path(storage.path(name)).read_bytes()
            lines.append(f"{name} {hashlib.sha256(content).hexdigest()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

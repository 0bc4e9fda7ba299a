"""Storage of the static files: hashed names, compressed quickly enough for a first start."""

import gzip
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The default level 11 takes 20 times as long as level 5 for a tenth less.
BROTLI_LEVEL = 5
GZIP_LEVEL = 6


class QuickCompressor(Compressor):
    """Compresses once per installation, while somebody waits for the first page."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_LEVEL))

    @staticmethod
    def compress_gzip(data: bytes) -> bytes:
        return gzip.compress(data, GZIP_LEVEL, mtime=0)


class Storage(CompressedManifestStaticFilesStorage):
    """Keeps the hashed files only: nothing refers to the others."""

    keep_only_hashed_files = True

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickCompressor(**options)

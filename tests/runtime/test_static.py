"""Static files are collected when they must be, and only then."""

import os
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ConfiguredStorage

from opsknight import static_files
from opsknight.runtime import static

pytestmark = pytest.mark.once


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def sources(tmp_path: Path, settings) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "page.css").write_text("body { color: black; } " * 50)
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    return folder


@pytest.fixture
def storage(
    sources: Path, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> static_files.Storage:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "opsknight.static_files.Storage"}
    }
    fresh = ConfiguredStorage()
    monkeypatch.setattr(static, "staticfiles_storage", fresh)
    monkeypatch.setattr("django.contrib.staticfiles.storage.staticfiles_storage", fresh)
    monkeypatch.setattr(
        "django.contrib.staticfiles.management.commands.collectstatic.staticfiles_storage", fresh
    )
    return fresh


def test_the_first_start_collects_compresses_and_says_so(
    storage: static_files.Storage, said: list[str]
) -> None:
    static.collect_if_stale(said.append)
    assert said == ["Static files collected"]
    kinds = sorted("".join(Path(name).suffixes[1:]) for name in storage.listdir("")[1])
    assert kinds == ["", "", ".css", ".css.br", ".css.gz"]


def test_nothing_is_collected_twice(
    storage: static_files.Storage, sources: Path, said: list[str]
) -> None:
    static.collect_if_stale(said.append)
    os.utime(sources / "page.css")
    static.collect_if_stale(said.append)
    assert len(said) == 1


def test_a_changed_source_is_collected_again(
    storage: static_files.Storage, sources: Path, said: list[str]
) -> None:
    static.collect_if_stale(said.append)
    (sources / "page.css").write_text("body { color: white; }")
    static.collect_if_stale(said.append)
    assert len(said) == 2


def test_files_served_from_their_sources_need_no_collection(said: list[str]) -> None:
    static.collect_if_stale(said.append)
    assert not said


def test_the_process_that_had_them_collected_knows_their_names(
    storage: static_files.Storage, said: list[str]
) -> None:
    storage.hashed_files = {}  # as read at a start before the first collection
    static.collect_if_stale(said.append)
    assert storage.url("page.css").endswith(".css")

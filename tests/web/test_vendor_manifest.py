"""What we ship to browsers is what the lock file names, unchanged, with its licence."""

import gzip
import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static/vendor"
MANIFEST: dict[str, str] = json.loads((VENDOR / "manifest.json").read_text())
PACKAGE = json.loads((ROOT / "frontend/package.json").read_text())
LOCK_TEXT = (ROOT / "frontend/package-lock.json").read_text()
LOCK = json.loads(LOCK_TEXT)


def test_every_vendored_file_has_the_recorded_hash():
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == MANIFEST


def test_every_vendored_package_carries_its_licence():
    folders = {name.split("/")[0] for name in MANIFEST}
    assert all(f"{folder}/LICENSE" in MANIFEST for folder in folders)


def test_vendored_versions_are_the_ones_of_the_lock_file():
    shipped = {"htmx": "htmx.org", "idiomorph": "idiomorph"}
    for folder, package in shipped.items():
        version = LOCK["packages"][f"node_modules/{package}"]["version"]
        assert any(name.startswith(f"{folder}-{version}/") for name in MANIFEST)


def test_pages_load_vendored_files_that_exist():
    heads = "".join(path.read_text() for path in (ROOT / "templates").glob("*.html"))
    named = re.findall(r"vendor/([\w./-]+\.js)", heads)
    assert named
    assert set(named) <= set(MANIFEST)


def test_direct_dependencies_are_pinned_exactly():
    versions = PACKAGE["devDependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


def test_the_lock_names_no_registry():
    assert '"resolved"' not in LOCK_TEXT
    assert "registry" not in LOCK_TEXT


def test_scripts_stay_within_their_budget():
    scripts = [*(ROOT / "static/js").glob("*.js"), *VENDOR.rglob("*.js")]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) <= 45 * 1024


def test_hand_written_script_stays_short():
    assert len((ROOT / "static/js/app.js").read_text().splitlines()) <= 200


def test_the_lock_knows_every_platform_build_so_that_npm_ci_accepts_it():
    packages = LOCK["packages"]
    wanted = {name for entry in packages.values() for name in entry.get("optionalDependencies", {})}
    assert sorted(name for name in wanted if f"node_modules/{name}" not in packages) == []

"""Make .venv and install a lock file into it; instant when nothing changed. Standard library only.

Usage: python3 scripts/install.py [--dev]
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
UV_LOCK = ROOT / "requirements-uv.lock"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Install the runtime lock, or with --dev the development lock, which contains it."""
    if sys.version_info < OLDEST:
        return _refuse("Python 3.11 or newer is needed, this is " + sys.version.split()[0])
    kind = "dev" if "--dev" in arguments else "runtime"
    if not _venv_works() and not _make_venv():
        return 1
    lock, stamp = LOCKS[kind], VENV / f".installed-{kind}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return 0
    _step(f"installing {lock.name}")
    started = time.monotonic()
    if not (_install_with_uv(lock) or _install_with_pip(lock)):
        return _refuse(f"could not install {lock.name}; the lines above say why")
    stamp.write_text(digest)
    _step(f"installed in {time.monotonic() - started:.0f} s")
    return 0


def _venv_works() -> bool:
    """Whether the environment's interpreter starts: it may be gone after an upgrade of Python."""
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0


def _make_venv() -> bool:
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        _refuse("Python's venv module is missing; on Debian: apt-get install python3-venv")
        return False
    _step(f"creating {VENV.name} with Python {sys.version.split()[0]}")
    return _run(sys.executable, "-m", "venv", "--clear", str(VENV))


def _install_with_uv(lock: Path) -> bool:
    if not UV.exists() and not _pip("--require-hashes", "-r", str(UV_LOCK)):
        _step("uv cannot be installed, going on with pip")
        return False
    return _run(str(UV), "pip", "install", "--quiet", "--require-hashes", "-r", str(lock))


def _install_with_pip(lock: Path) -> bool:
    return _pip("--require-hashes", "-r", str(lock))


def _pip(*arguments: str) -> bool:
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return _run(*pip, *arguments)


def _run(*command: str) -> bool:
    """Run one command for this environment, whatever else is activated; never fetch a Python."""
    settings = {"VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode == 0


def _step(text: str) -> None:
    print(f"==> {text}", flush=True)


def _refuse(text: str) -> int:
    print(f"opsknight: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

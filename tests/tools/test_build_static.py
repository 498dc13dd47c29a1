"""The front-end files: what the lock may hold, and that the copy is complete."""

import json

from tools import build_static


def test_the_lock_holds_versions_and_hashes_and_no_addresses():
    lock = build_static.LOCK.read_text()
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all(entry["integrity"].startswith("sha512-") for name, entry in packages.items() if name)


def test_package_json_names_exact_versions():
    wanted = json.loads((build_static.ROOT / "package.json").read_text())
    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(version.replace(".", "").isdigit() for version in versions)


def test_a_second_build_finds_nothing_to_do():
    assert build_static.main([]) == 0
    assert build_static.is_built()
    assert all((build_static.VENDOR / name).stat().st_size for name in build_static.FILES)

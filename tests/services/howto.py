"""What the how-to page tells one to write: taken from the page itself."""

import re
import sys
from importlib import import_module
from pathlib import Path

from akson.exchange.declare import InformationService, load
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "howto" / "add-an-information-service.md").read_text("utf-8")
DECLARATION, TEST = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
WORDS = {
    language: dict(re.findall(r'msgid "([^"]+)"\nmsgstr "([^"]+)"', block))
    for language, block in re.findall(r"```po (\w+)\n(.*?)```", PAGE, flags=re.DOTALL)
}
PACKAGE = "services_of_the_howto"


def written(folder: Path) -> InformationService:
    """The service of the page, loaded from a package of its own below `folder`."""
    package = folder / PACKAGE
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "velferdsteknologi.py").write_text(DECLARATION, "utf-8")
    sys.path.insert(0, str(folder))
    try:
        import_module(PACKAGE)
        return load.__wrapped__(PACKAGE)[0]
    finally:
        sys.path.remove(str(folder))


def forgotten() -> None:
    """As if it had never been imported, so that the next test writes its own."""
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]

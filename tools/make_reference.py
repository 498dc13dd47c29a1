"""Writes the generated pages of docs/reference from the code. `--check` only says which are stale."""

import argparse
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # also as a script it finds what stands beside it
from tools import proofs  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Made by tools/make_reference.py. Change the code, then run `make reference`. -->\n\n"


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def settings() -> str:
    """Every setting with its default."""
    from akson.kit.settings import OPTIONS

    rows = [
        (f"`AKSON_{name.upper()}`", f"`{option.default}`" if option.default else "none", option.help)
        for name, option in OPTIONS.items()
    ]
    head = "# Settings\n\nRead from the environment when the program starts.\n\n"
    return head + table(("variable", "default", "what it does"), rows)


def _flags(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest.upper()}`"
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return ", ".join(f"`{flag}{value}`" for flag in action.option_strings)


def _command(parser: argparse.ArgumentParser, about: str) -> Iterator[str]:
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    plain = [a for a in parser._actions if a not in inner and a.help != argparse.SUPPRESS]  # noqa: SLF001
    arguments = [a for a in plain if not isinstance(a, argparse._HelpAction)]  # noqa: SLF001
    if not inner:
        yield f"## `{parser.prog}`\n\n{parser.description or about}\n"
        if arguments:
            yield table(
                ("argument", "what it does"),
                [(_flags(a), (a.help or "").replace("%%", "%")) for a in arguments],
            )
    for group in inner:
        helps = {choice.dest: choice.help or "" for choice in group._choices_actions}  # noqa: SLF001
        for name, sub in sorted(group.choices.items()):
            yield from _command(sub, helps.get(name, ""))


def commands() -> str:
    """Every command with its arguments."""
    from akson.cli.main import parser

    head = "# Commands\n\n`akson --help` lists them, `akson COMMAND --help` explains one.\n"
    return "\n".join([head, *_command(parser(), "")])


def services(package: str = "akson.services") -> str:
    """Every information service that a package declares."""
    from akson.exchange.declare import load
    from akson.exchange.profiles import profiles_of
    from akson.kit.text import text

    parts = [
        (
            "# Information services\n\nDeclared in `src/akson/services`, one a file. The modes: *share*, one register that "
            "all write to and read from; *look*, asked from the sources when needed; *send*, messages with receipts.\n\n"
            "A profile that begins with `no-basis` is the national one; all others are Akson's own, in its "
            "[FHIR package](../howto/load-a-package.md#aksons-own).\n"
        )
    ]
    for service in load(package):
        module = sys.modules[f"{package}.{service.slug.replace('-', '_')}"]
        parties = ", ".join(sorted(party.value for party in service.parties))
        parts.append(
            f"## {service.number}. {text(service.title, 'nb')}\n\n{(module.__doc__ or '').strip()}\n"
        )
        parts.append(f"Mode: {service.mode.value}. Parties: {parties}. Rows: {', '.join(service.rows)}.\n")
        rows = [
            (
                f"`{part.slug}`",
                text(part.title, "nb"),
                part.type,
                f"`{f'{part.operation}?' if part.operation else ''}{part.search}`" if part.search else "all",
                "<br>".join(f"`{url.rpartition('/')[2]}`" for url in profiles_of(service, part)),
            )
            for part in service.parts
        ]
        parts.append(table(("part", "title", "FHIR type", "search", "profile"), rows))
    return "\n".join(parts)


def events() -> str:
    """Every log event."""
    import logging

    from akson.kit.log import Event

    rows = [
        (f"`{event.name.lower()}`", logging.getLevelName(event.value[0]).lower(), event.value[1])
        for event in Event
    ]
    head = (
        "# Log events\n\nOne JSON object a line on standard error, with `time`, `event`, `level` and fields. "
        "No event names a person.\n\n"
    )
    return head + table(("event", "level", "when"), rows)


def errors() -> str:
    """Every error that a client may meet, as the tree of classes has it."""
    from akson.kit.errors import AksonError
    from akson.kit.text import text

    rows: list[tuple[str, ...]] = []

    def add(kind: type[AksonError], depth: int) -> None:
        said = text(kind.text, "en").replace("\n", " ")
        rows.append((f"{'– ' * depth}`{kind.__name__}`", str(kind.status), f"`{kind.code}`", said))
        own = [sub for sub in kind.__subclasses__() if sub.__module__ == AksonError.__module__]
        for sub in own:
            add(sub, depth + 1)

    add(AksonError, 0)
    head = (
        "# Errors\n\nEach error has an HTTP status and an OperationOutcome issue code for programs, and a text for "
        "people.\n\n"
    )
    return head + table(("error", "status", "issue code", "what people are told"), rows)


def requirements() -> dict[str, dict[str, str]]:
    """The rows by section, each section with its title under `title`."""
    return tomllib.loads((REFERENCE / "requirements.toml").read_text("utf-8"))


def coverage() -> str:
    """Every row of requirements.toml with the tests that prove it."""
    sections, proven = requirements(), proofs.of_rows()
    rows = [row for section in sections.values() for row in section if row != "title"]
    parts = [
        (
            "# Coverage: what is proven\n\nA row counts when a test that drives the running system from end to end carries "
            "its id, and would fail if the capability were taken away. What has no test here is not done.\n"
        ),
        f"**{sum(row in proven for row in rows)} of {len(rows)} rows are proven.**\n",
    ]
    for section in sections.values():
        cells = [
            (row, words, "<br>".join(f"`{test}`" for test in proven.get(row, [])) or "not yet")
            for row, words in section.items()
            if row != "title"
        ]
        parts += [f"## {section['title']}\n", table(("row", "capability", "proven by"), cells)]
    return "\n".join([*parts, _dimensions()])


def _dimensions() -> str:
    """The services by the dimensions that each serves, with how many tests prove it there."""
    from akson.exchange.declare import load
    from akson.kit.text import text

    proven = proofs.of_dimensions()
    names = [name for name in proofs.DIMENSIONS if name != "D4"]
    rows = [
        (
            f"I{each.number}",
            text(each.title, "en"),
            *(
                "<br>".join(f"`{test}`" for test in proven.get((f"I{each.number}", d), [])) or "not yet"
                for d in names
            ),
        )
        for each in load()
    ]
    whole = sum(proven.get((row[0], name), []) != [] for row in rows for name in names)
    head = (
        "## Services by dimension\n\nD1: between health personnel with different record systems. D2: between personnel and citizen. "
        "D3: with NAV, schools, child welfare and other services. D4 is welfare technology and the response centre.\n\n"
        f"**{whole} of {len(rows) * len(names)} are proven.** D4: {', '.join(sorted({row for row, d in proven if d == 'D4'}, key=lambda r: int(r[1:]))) or 'none yet'}.\n\n"
    )
    return head + table(("row", "service", *names), rows)


def demo() -> str:
    """The people of the demo: who one can sign in as, and the numbers to search with."""
    from akson.demo.citizens import CITIZENS, Citizen, Relative
    from akson.demo.nodes import NEWBORN, nodes
    from akson.demo.personnel import STAFF
    from akson.demo.roles import ROLES
    from akson.demo.units import BY_KEY, UNITS

    def person(one: Citizen | Relative, what: str) -> tuple[str, ...]:
        newborn = one.key in NEWBORN
        return one.name, what, "8 days before" if newborn else str(one.born), "" if newborn else one.pid

    staff = [
        (
            each.name,
            ", ".join(f"{ROLES[p.role].display}, {BY_KEY[p.unit].name}" for p in each.posts),
            each.hpr,
            each.pid,
        )
        for each in STAFF
    ]
    people = [
        row
        for each in CITIZENS
        for row in (
            person(each, ", ".join(each.nodes)),
            *(person(r, f"{r.relation[1]}, {each.name}") for r in each.relatives),
        )
    ]
    units = [(each.name, each.node, each.organization_number, each.her_id) for each in UNITS]
    systems = [(f"`/{each.name}`", each.title, each.her_id) for each in nodes("http://localhost:8000")]
    return "\n".join(
        [
            "# The demo\n\nNobody here exists. Identity numbers are of the synthetic series (month + 80).\n\n## What citizens have chosen\n\n`akson up` sets these as it sets up the platform (`demo/choices.py`), so that they can be tried at once:\n\n- Thomas Lie hides his diagnoses from Solvik hjemmetjeneste nord. Hanne Lunde meets it in his chart, and asks him to open it.\n- Per Arne Dahl has given his wife, Wenche Dahl, a power of attorney for a year: to read, and to decide who sees the record.\n- Parents act by the age of the child: Kristine Eriksen for Noah (9) wholly, Linn Holte for Tuva (13) in what is booked.\n\n## Systems\n",
            table(("address", "what", "HER-id"), systems),
            "## Personnel\n",
            table(("name", "roles", "HPR number", "identity number"), staff),
            "## Citizens and those close to them\n",
            table(("name", "known to, or close to whom", "born", "identity number"), people),
            "## Organisations\n",
            table(("name", "system", "organisation number", "HER-id"), units),
        ]
    )


def topics() -> str:
    """The topics of subscriptions that every server has."""
    from akson.record.subscriptions.topics import SPECIAL, URN

    rows = [
        (
            f"`{topic.url}`",
            topic.title,
            ", ".join(f"{trigger.type} ({', '.join(trigger.actions)})" for trigger in topic.triggers),
            "; ".join(
                f"before `{trigger.previous}`, after `{trigger.current}`"
                for trigger in topic.triggers
                if trigger.previous or trigger.current
            )
            or "every change",
        )
        for topic in SPECIAL
    ]
    head = (
        "# Topics of subscriptions\n\nEach resource type of R4 has a topic: "
        f"`{URN}Patient` is every create, update and delete of a Patient, `{URN}Observation` of an Observation. "
        "Besides them:\n\n"
    )
    tail = (
        "\nAll can be narrowed by any search parameter of the type. Further topics are uploaded as Basic resources: "
        "[how](../howto/subscribe.md#a-topic-of-your-own).\n"
    )
    return head + table(("topic", "what happens", "resources", "criteria"), rows) + tail


def rules() -> str:
    """Every rule of access, in the words that people are told."""
    from akson.kit.text import text
    from akson.security.rules import RESTRICTIONS, RULES
    from akson.security.rules.rule import told

    def name(reason: str) -> str:
        return f"`{reason.removeprefix('reason.')}`"

    grants = [
        (name(rule.reason), *told(rule, "en"), rule.basis.value, text(rule.reason, "nb")) for rule in RULES
    ]
    limits = [(name(each.reason), *told(each, "en"), text(each.reason, "nb")) for each in RESTRICTIONS]
    head = (
        "# Rules of access\n\nOne file each in `src/akson/security/rules`; [how they work together](../explanation/access.md). "
        "What no rule opens is closed. The log tells the first of these, in this order, that opened what was seen.\n\n"
    )
    between = "\nWhat holds whatever is opened:\n\n"
    opens = table(("rule", "what it opens, to whom", "law", "basis", "told as"), grants)
    return head + opens + between + table(("rule", "what it closes", "law", "told as"), limits)


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "services": services,
    "events": events,
    "errors": errors,
    "coverage": coverage,
    "demo": demo,
    "topics": topics,
    "rules": rules,
}


def stale() -> dict[str, str]:
    """The pages whose text is not what the code gives: name to new text."""
    made = {name: NOTE + page() for name, page in PAGES.items()}
    return {
        name: text
        for name, text in made.items()
        if not (file := REFERENCE / f"{name}.md").exists() or file.read_text("utf-8") != text
    }


PACKAGE = ROOT / "src" / "akson" / "exchange" / "package"


def package_files() -> dict[Path, bytes | None]:
    """The profiles and value sets of Akson's own package that differ from the declarations; None: no longer declared."""
    import orjson

    from akson.exchange.profiles.making import definitions

    version = orjson.loads((PACKAGE / "package.json").read_bytes())["version"]
    made: dict[Path, bytes | None] = {
        PACKAGE / f"{each['resourceType']}-{each['id']}.json": orjson.dumps(
            each, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
        for each in definitions(version)
    }
    written = {*PACKAGE.glob("StructureDefinition-*.json"), *PACKAGE.glob("ValueSet-*.json")}
    gone = {each: None for each in written - made.keys() if not _is_by_hand(each)}
    return gone | {path: raw for path, raw in made.items() if not path.exists() or path.read_bytes() != raw}


def _is_by_hand(path: Path) -> bool:
    """Extensions are written by hand: no declaration tells of them."""
    import orjson

    return bool(orjson.loads(path.read_bytes()).get("type") == "Extension")


def main() -> int:
    """Write what is stale, or with --check only name it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    found = stale()
    for name, text in found.items():
        print(f"docs/reference/{name}.md {'is stale' if check else 'written'}")
        if not check:
            (REFERENCE / f"{name}.md").write_text(text, "utf-8")
    files = package_files()
    for path, raw in files.items():
        print(
            f"{path.relative_to(ROOT)} {'is stale' if check else 'taken away' if raw is None else 'written'}"
        )
        if not check:
            path.unlink() if raw is None else path.write_bytes(raw)
    return 1 if check and (found or files) else 0


if __name__ == "__main__":
    sys.exit(main())

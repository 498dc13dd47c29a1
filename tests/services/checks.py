"""What must hold for every declared information service: each check yields what is wrong, in words."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tools.make_reference import requirements

from akson.exchange import codelists, entry
from akson.exchange.declare import TAG_SYSTEM, Ask, Entry, Field, InformationService, Mode, Part
from akson.exchange.profiles import own_profile
from akson.exchange.profiles.making import definition
from akson.exchange.profiles.rows import NoSuchElement as NotThere
from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath import ast as path
from akson.fhir.fhirpath.evaluate import compile_expression
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.search import Filter, Query, TokenTerm
from akson.fhir.search_parse import parse as parse_search
from akson.fhir.spec import spec
from akson.fhir.validate.structure import check
from akson.kit import text
from akson.kit.errors import AksonError
from akson.security.roles import DEMOGRAPHY, OPEN_TYPES, RECORD

SAME_TYPE = {"where", "first", "last", "tail", "skip", "take", "single"}
"""Functions of FHIRPath whose result has the type of what they are called on."""


@dataclass(frozen=True)
class Declared:
    """A service and the text of its file."""

    service: InformationService
    source: str

    @property
    def doc(self) -> str:
        return ast.get_docstring(ast.parse(self.source)) or ""


Check = Callable[[Declared], Iterator[str]]


def declares_and_does_nothing(found: Declared) -> Iterator[str]:
    """A docstring, imports, constants in capitals, and one SERVICE."""
    body = ast.parse(found.source).body
    if not found.doc:
        yield "says not in a docstring what it is for"
    services = 0
    for node in body[1:] if found.doc else body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            continue
        names = (
            [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []
        )
        services += names.count("SERVICE")
        if not names or not all(name.isupper() for name in names):
            yield f"line {node.lineno}: neither an import nor a constant"
        for part in ast.walk(node):
            if isinstance(
                part, ast.Lambda | ast.IfExp | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
            ):
                yield f"line {part.lineno}: logic"
            elif isinstance(part, ast.Call) and not isinstance(part.func, ast.Name):
                yield f"line {part.lineno}: calls a method"
    if services != 1:
        yield f"{services} constants SERVICE"


def searches_parse(found: Declared) -> Iterator[str]:
    """Each part's search is one that the type has, alone and for one patient."""
    for part in found.service.parts:
        try:
            query = _query(part)
            if part.type not in OPEN_TYPES:
                _query(part, ("patient.identifier", "urn:oid:2.16.578.1.12.4.1.4.1|1"))
        except AksonError as error:
            yield f"{part.slug}: {error.diagnostics}"
            continue
        if query.count != Query(part.type).count or query.cursor:
            yield f"{part.slug}: the size of a page is not the declaration's to say"


def shared_parts_carry_the_tag(found: Declared) -> Iterator[str]:
    """What a register holds is told from other resources of the type by the service's tag."""
    if found.service.mode is not Mode.SHARE:
        return
    wanted = TokenTerm(TAG_SYSTEM, found.service.slug)
    for part in found.service.parts:
        try:
            filters = _query(part).filters
        except AksonError:
            continue
        tags = [each for each in filters if isinstance(each, Filter) and each.param.code == "_tag"]
        if not any(wanted in each.terms for each in tags):
            yield f"{part.slug}: its search does not ask for _tag={TAG_SYSTEM}|{found.service.slug}"


def columns_are_paths_of_their_type(found: Declared) -> Iterator[str]:
    """Each column is FHIRPath, and names elements that the type has: a misspelt one would be empty for ever."""
    for part in found.service.parts:
        if not part.columns:
            yield f"{part.slug}: no columns"
        for column in part.columns:
            try:
                compile_expression(column.path)
                list(_types(parse(column.path), part.type))
            except (FHIRPathError, NoSuchElement) as error:
                yield f"{part.slug}: {column.path}: {error}"


def labels_have_texts(found: Declared) -> Iterator[str]:
    """Title, parts and columns are keys that all languages have."""
    service = found.service
    keys = {service.title, *(part.title for part in service.parts)} | ({service.purpose} - {""})
    keys |= {column.label for part in service.parts for column in part.columns}
    fields = [field for part in service.parts if part.entry for field in part.entry.fields]
    keys |= {field.label for field in fields} | {f"code.{code}" for field in fields for code in field.options}
    for language in text.LANGUAGES:
        known = text.catalogue(language)
        yield from (f"{key} is missing in {language}" for key in sorted(keys) if not known.get(key))


def code_lists_are_there(found: Declared) -> Iterator[str]:
    for part in found.service.parts:
        fields = part.entry.fields if part.entry else ()
        for url in {part.codes, part.kinds, *(url for field in fields for url in field.lists)} - {""}:
            if url not in codelists.package():
                yield f"{part.slug}: {url} is not in exchange/package"


def profiles_follow(found: Declared) -> Iterator[str]:
    """Where no national profile says all, one of Akson's own can be made of it; elements that each item has are there."""
    for part in found.service.parts:
        if not own_profile(found.service, part):
            continue
        try:
            made = definition(found.service, part, "0")
        except (NotThere, FHIRPathError, KeyError, StopIteration) as error:
            yield f"{part.slug}: no profile can be made of it: {error}"
            continue
        catalogue = Catalogue({made["url"]: made}.get)
        if catalogue.profile(made["url"]) is None:
            yield f"{part.slug}: {catalogue.broken}"


def forms_make_resources(found: Declared) -> Iterator[str]:
    """A filled-in form is a resource of its type, and reads back as what was written."""
    for part in found.service.parts:
        if part.entry is None:
            continue
        form = {field.name: _sample(field) for field in part.entry.fields}
        made = entry.build(found.service, part, form, "Patient/1")
        yield from (f"{part.slug}: {issue.expression}: {issue.diagnostics}" for issue in check(made))
        back = entry.fields_of(part, made)
        yield from (f"{part.slug}: {name} is {back[name]!r}" for name in form if back[name] != form[name])
        emptied = entry.build(found.service, part, _required(part.entry, form), "Patient/1", made)
        yield from (f"{part.slug}, emptied: {issue.expression}" for issue in check(emptied))


def _sample(field: Field) -> str:
    if field.ask is Ask.CHOICE:
        return codelists.codes(field.lists[0])[0].code
    return (
        field.options[0]
        if field.options
        else {
            Ask.DATE: "2026-11-27",
            Ask.NUMBER: "12",
            Ask.CLOCK: "08:30",
            Ask.FLAG: "yes",
            Ask.LINK: "https://kunnskap.example/raad",
        }.get(field.ask, "Noe")
    )


def _required(asked: Entry, form: dict[str, str]) -> dict[str, str]:
    return {field.name: form[field.name] if field.required else "" for field in asked.fields}


def somebody_may_read_it(found: Declared) -> Iterator[str]:
    """Each type is one that the rules know; what they do not know nobody may read."""
    for part in found.service.parts:
        if part.type not in RECORD | OPEN_TYPES | DEMOGRAPHY:
            yield f"{part.slug}: no rule grants {part.type} (security/roles.py)"


def parties_and_rows_are_named(found: Declared) -> Iterator[str]:
    """It serves somebody, and stands for rows of the requirements."""
    rows = {row for section in requirements().values() for row in section}
    yield from (f"row {row} is not in requirements.toml" for row in found.service.rows if row not in rows)
    if not found.service.parties:
        yield "no parties"
    slugs = [part.slug for part in found.service.parts]
    if len(set(slugs)) < len(slugs):
        yield "two parts share a slug"


CHECKS: tuple[Check, ...] = (
    declares_and_does_nothing,
    searches_parse,
    shared_parts_carry_the_tag,
    columns_are_paths_of_their_type,
    labels_have_texts,
    code_lists_are_there,
    profiles_follow,
    forms_make_resources,
    somebody_may_read_it,
    parties_and_rows_are_named,
)


def _query(part: Part, *more: tuple[str, str]) -> Query:
    pairs = parse_qsl(part.search, keep_blank_values=True)
    return parse_search(part.type, [*pairs, *more], base="http://node.example/fhir")


class NoSuchElement(Exception):
    """A path goes on to an element that is not there."""


def _types(node: path.Node, kind: str) -> Iterator[str]:
    """The FHIR types that a path may lead to from a type; NoSuchElement where it leads nowhere."""
    if isinstance(node, path.Member):
        before = [kind] if node.focus is None else list(_types(node.focus, kind))
        after = [each for one in before for each in _below(one, node.name)]
        if not after:
            raise NoSuchElement(f"{' or '.join(before) or 'nothing'} has no element {node.name}")
        yield from after
    elif isinstance(node, path.Call) and node.name == "ofType" and isinstance(node.arguments[0], path.Member):
        yield node.arguments[0].name
    elif isinstance(node, path.Call) and node.name in SAME_TYPE:
        yield from _types(node.focus, kind) if node.focus else [kind]
    elif isinstance(node, path.Index):
        yield from _types(node.focus, kind)
    elif isinstance(node, path.TypeTest) and node.operator == "as":
        yield node.type
    elif isinstance(node, path.Binary) and node.operator == "|":
        yield from _types(node.left, kind)
        yield from _types(node.right, kind)


def _below(kind: str, name: str) -> tuple[str, ...]:
    if kind == name:
        return (kind,)
    table = spec().table(kind)
    element = table.elements.get(name) if table else None
    return element.types if element else ()


def filled(part: Part, words: str) -> tuple[dict[str, str], str]:
    """A form of a part filled in, with these words in its first free text; and what a table shows of that."""
    fields = part.entry.fields if part.entry else ()
    form = {field.name: _sample(field) for field in (*fields, *entry.change_fields(part))}
    free = [f.name for f in fields if f.ask in {Ask.TEXT, Ask.LONG, Ask.CONCEPT}][:1]
    return form | dict.fromkeys(free, words), words

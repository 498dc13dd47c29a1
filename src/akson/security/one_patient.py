"""A request under an attest is about its one patient (ATT-4: a new patient, a new attest).

What is decided here depends on the request alone, so that the answer tells nothing of whether the other exists.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from akson.kit.errors import NotAllowed
from akson.kit.norwegian import DNR, FNR
from akson.security.attested import Attest

ABOUT = frozenset({"patient", "subject"})
"""Search parameters that name a patient. Others lead to one by chains, which the scope of the rules closes."""
BY_ID = frozenset({f"{each}._id" for each in ABOUT})
BY_NUMBER = frozenset({f"{each}.identifier" for each in ABOUT})
NUMBERS = frozenset({FNR, DNR, ""})
"""Systems of identity numbers; a criterion may leave the system out."""
DEEPEST = 64
_PATIENT = re.compile(r"(?:https?://\S+/)?Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a FHIR request says: its path below the base, its query and conditions, the form or resource in its body."""

    path: Sequence[str]
    query: str = ""
    form: str = ""
    condition: str = ""
    """`If-None-Exist`."""
    body: Any = None
    """The decoded JSON."""


def one_patient(attest: Attest | None, patient: str, asked: Asked) -> None:
    """NotAllowed when a request names another patient than the attest, anywhere: also in an entry of a Bundle.

    `patient` is the id on this node of the one who is attested, or empty.
    """
    if attest is None or not patient:
        return  # where the node does not know the one who is attested, there is nothing to see anyway
    own = {patient, *_numbers(attest)}
    if any(name not in own for name in _named(asked)):
        raise NotAllowed("attestation_is_for_another_patient: attest anew for each patient")


def named(asked: Asked) -> frozenset[str]:
    """Ids and identity numbers of all patients that a request names, also in an entry of a Bundle."""
    return frozenset(_named(asked))


def _numbers(attest: Attest) -> Iterator[str]:
    for each in attest.get("patients", ()):
        yield str(each.get("identifier", {}).get("id", ""))


def _named(asked: Asked) -> Iterator[str]:
    """Ids and identity numbers of all patients that are named."""
    path = asked.path
    about = path[0] if path else ""
    if about == "Patient" and len(path) > 1 and path[1][:1] not in "_$":
        yield path[1]
    for text in (asked.query, asked.form, asked.condition):
        if text:
            yield from _in_query(about, parse_qsl(text))
    if asked.body is not None:
        yield from _in_body(asked.body)


def _in_query(about: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in pairs:
        plain = name.partition(":")[0]
        by_number = plain in BY_NUMBER or (plain in ABOUT and name.endswith(":identifier"))
        if by_number or (about == "Patient" and plain == "identifier"):
            yield from _of_tokens(value)
        elif plain in ABOUT or plain in BY_ID:
            yield from _of_references(value)
        elif about == "Patient" and plain == "_id":
            yield from value.split(",")


def _of_references(value: str) -> Iterator[str]:
    for one in value.split(","):
        found = _PATIENT.fullmatch(one)
        if found:
            yield found[1]
        elif "/" not in one and "|" not in one:
            yield one


def _of_tokens(value: str) -> Iterator[str]:
    """Identity numbers of `system|value`; other identifiers name people by numbers that no attest has."""
    for one in value.split(","):
        system, bar, number = one.rpartition("|")
        if number and (not bar or system in NUMBERS):
            yield number


def _in_body(value: Any, depth: int = 0) -> Iterator[str]:
    """Patients that a resource, a patch, or the entries of a Bundle refer to."""
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        if found := _PATIENT.fullmatch(value):
            yield found[1]
    elif isinstance(value, list):
        for each in value:
            yield from _in_body(each, depth + 1)
    elif isinstance(value, Mapping):
        yield from _in_object(value, depth)


def _in_object(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    kind = value.get("resourceType")
    if kind == "Patient":
        yield from _of_identifiers(value.get("identifier"))
    if kind == "Binary" and "patch" in str(value.get("contentType", "")):
        yield from _in_body(_patch(value.get("data")), depth + 1)
    if isinstance(value.get("method"), str) and isinstance(value.get("url"), str):
        yield from _of_entry(value)
    for name, each in value.items():
        if isinstance(each, Mapping) and (name in ABOUT or each.get("type") == "Patient"):
            yield from _of_identifiers([each.get("identifier")])
        yield from _in_body(each, depth + 1)


def _of_entry(request: Mapping[str, Any]) -> Iterator[str]:
    """`Bundle.entry.request`: a request of its own."""
    path, _, query = str(request["url"]).partition("?")
    steps = path.strip("/").split("/")
    if "Patient" in steps:
        steps = steps[steps.index("Patient") :]
    condition = request.get("ifNoneExist")
    yield from _named(Asked(steps, query, condition=condition if isinstance(condition, str) else ""))


def _of_identifiers(identifiers: Any) -> Iterator[str]:
    """The identity numbers among identifiers, of a Patient or of a reference to one."""
    for each in identifiers if isinstance(identifiers, list) else ():
        if isinstance(each, Mapping) and each.get("system") in {FNR, DNR}:
            yield str(each.get("value", ""))


def _patch(data: Any) -> Any:
    try:
        return json.loads(base64.b64decode(data, validate=True))
    except (TypeError, ValueError, RecursionError):
        return None

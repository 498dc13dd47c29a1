"""The search mix: six families of searches, twenty results a page, over the Synthea records."""

import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import orjson

from akson.cli import hosting
from bench import report, workloads
from bench.client import Result, connect, load, request
from bench.server import Served

PREFIXES = ("eq", "ne", "lt", "gt", "le", "ge", "sa", "eb")
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
NAMES = ("Abe", "Ben", "Car", "Dan", "Eli", "Fer", "Gar", "Jos", "Lui", "Mar", "Rob", "Smi", "Wil")
CODES = (
    "8302-2",
    "29463-7",
    "39156-5",
    "85354-9",
    "8867-4",
    "9279-1",
    "72166-2",
    "2339-0",
    "4548-4",
    "2093-3",
)
COUNT = "_count=20"

Make = Callable[[random.Random], str]


def _day(chance: random.Random, first: int, last: int) -> str:
    return f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def string(chance: random.Random) -> str:
    name = chance.choice(NAMES)
    return chance.choice(
        [
            f"Patient?name={name}",
            f"Patient?family={name}",
            f"Patient?name:contains={name[1:].lower()}",
            f"Patient?address-city={chance.choice(['Bos', 'Wor', 'Spr', 'Low', 'Cam'])}",
            f"Organization?name={chance.choice(['HO', 'ME', 'PC', 'B', 'NEW'])}",
            f"Practitioner?family={name}",
        ]
    )


def date(chance: random.Random) -> str:
    prefix = chance.choice(PREFIXES)
    return chance.choice(
        [
            f"Patient?birthdate={prefix}{_day(chance, 1930, 2010)}",
            f"Observation?date={prefix}{_day(chance, 2005, 2020)}",
            f"Encounter?date={prefix}{_day(chance, 1990, 2020)}",
        ]
    )


def token(chance: random.Random) -> str:
    several = ",".join(f"{LOINC}|{code}" for code in chance.sample(CODES, 3))
    return chance.choice(
        [
            f"Observation?code={quote(LOINC)}|{chance.choice(CODES)}",
            f"Observation?code={quote(several)}",
            f"Observation?category={quote(CATEGORY)}|{chance.choice(['laboratory', 'vital-signs', 'survey'])}",
            f"Encounter?status={chance.choice(['finished', 'in-progress'])}",
            f"Encounter?class={chance.choice(['AMB', 'EMER', 'IMP'])}",
            f"Patient?gender={chance.choice(['male', 'female'])}",
        ]
    )


def quantity(chance: random.Random) -> str:
    prefix = chance.choice(PREFIXES[2:6])
    unit, value = chance.choice([("mg/dL", 100), ("cm", 150), ("kg", 70), ("mmol/L", 4), ("%", 6)])
    amount = value + chance.randint(0, 20)
    return chance.choice(
        [
            f"Observation?value-quantity={prefix}{amount}|{quote(UCUM)}|{quote(unit)}",
            f"Observation?component-value-quantity={prefix}{80 + chance.randint(0, 40)}|{quote(UCUM)}|mm[Hg]",
            f"Observation?combo-value-quantity={prefix}{amount}|{quote(UCUM)}|{quote(unit)}",
        ]
    )


def composite(chance: random.Random) -> str:
    prefix = chance.choice(PREFIXES[2:6])
    code, value = chance.choice(
        [("8302-2", 160), ("29463-7", 70), ("39156-5", 25), ("2339-0", 90), ("4548-4", 6)]
    )
    pressure, amount = chance.choice([("8480-6", 120), ("8462-4", 80)])
    return chance.choice(
        [
            f"Observation?code-value-quantity={quote(LOINC)}|{code}${prefix}{value}",
            f"Observation?component-code-value-quantity={quote(LOINC)}|{pressure}${prefix}{amount}",
            f"Observation?combo-code-value-quantity={quote(LOINC)}|{pressure}${prefix}{amount}",
        ]
    )


class Mix:
    """The families, with references to what is stored."""

    def __init__(self) -> None:
        self.patients: list[str] = []
        self.encounters: list[str] = []
        self.practitioners: list[str] = []
        self.families: dict[str, Make] = {
            "string": string,
            "date": date,
            "token": token,
            "quantity": quantity,
            "composite": composite,
            "reference": self.reference,
        }

    async def fill(self, port: int) -> "Mix":
        """Learn which resources there are to refer to."""
        self.patients = await ids(port, "Patient")
        self.encounters = await ids(port, "Encounter")
        self.practitioners = await ids(port, "Practitioner")
        return self

    def reference(self, chance: random.Random) -> str:
        patient = chance.choice(self.patients)
        return chance.choice(
            [
                f"Observation?subject=Patient/{patient}",
                f"Observation?encounter=Encounter/{chance.choice(self.encounters)}",
                f"Encounter?patient={patient}",
                f"Encounter?participant=Practitioner/{chance.choice(self.practitioners)}",
                f"Condition?patient={patient}",
                f"MedicationRequest?subject=Patient/{patient}",
                f"Claim?patient=Patient/{patient}",
                f"ExplanationOfBenefit?patient=Patient/{patient}",
            ]
        )

    def request(self, chance: random.Random) -> bytes:
        make = chance.choice(list(self.families.values()))
        return request("GET", f"{make(chance)}&{COUNT}")

    def of(self, family: str) -> Callable[[random.Random], bytes]:
        make = self.families[family]
        return lambda chance: request("GET", f"{make(chance)}&{COUNT}")


async def ids(port: int, kind: str) -> list[str]:
    connection = await connect(port)
    _, raw = await connection.send(request("GET", f"{kind}?_count=1000&_elements=id"))
    connection.close()
    return [entry["resource"]["id"] for entry in orjson.loads(raw)["entry"]]


def run(folder: Path, bundles: list[bytes], seconds: float) -> str:
    server = workloads.filled(folder, bundles)
    try:
        results = hosting.run(_measure(server, seconds))
    finally:
        server.stop()
    return f"""## Search mix

Six families on the Synthea records, `_count=20`, each as often as the others; every answer is a Bundle with all resources.
Published for servers with 8 cores beside a database with 8 (2026-06): Aidbox 3,404 requests/s, Medplum 1,796, HAPI 1,005; that
is 213, 112 and 63 a core.

{report.table(results)}
"""


async def _measure(server: Served, seconds: float) -> list[Result]:
    """The mix, then each family by itself."""
    mix = await Mix().fill(server.port)
    whole = [await _load(server, "search mix", mix.request, (many, seconds)) for many in (1, 16, 32)]
    kinds = [await _load(server, f"search: {each}", mix.of(each), (16, seconds / 2)) for each in mix.families]
    return whole + kinds


async def _load(
    server: Served, name: str, make: Callable[[random.Random], bytes], how: tuple[int, float]
) -> Result:
    connections, seconds = how
    await load(name, server.port, make, connections=connections, seconds=1, expected=200)
    with server.watched() as used:
        result = await load(name, server.port, make, connections=connections, seconds=seconds, expected=200)
    result.worker_cpu, result.database_cpu = used
    return result

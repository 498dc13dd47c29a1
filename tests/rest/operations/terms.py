"""How the terminology tests ask, and what they read out of the answers."""


def parameters(**values):
    """A Parameters resource: `code="a"` is a valueCode and so on, by the type of the value; resources as they are."""
    rows = []
    for name, given in values.items():
        several = given if isinstance(given, list) else [given]
        rows += [{"name": name, **_typed(value)} for value in several]
    return {"resourceType": "Parameters", "parameter": rows}


def _typed(value):
    if isinstance(value, dict):
        if "resourceType" in value:
            return {"resource": value}
        return {"valueCodeableConcept" if "coding" in value else "valueCoding": value}
    if isinstance(value, bool):
        return {"valueBoolean": value}
    return {"valueInteger": value} if isinstance(value, int) else {"valueString": value}


def read(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def out(answer):
    """The parameters of an answer: plain values by name, parts as a list of such."""
    body = read(answer)
    assert body["resourceType"] == "Parameters"
    return _parts(body["parameter"])


def _parts(rows):
    found = {}
    for row in rows:
        if "part" in row:
            found.setdefault(row["name"], []).append(_parts(row["part"]))
        else:
            found[row["name"]] = next(value for key, value in row.items() if key.startswith("value"))
    return found


def contained(answer):
    return [row["code"] for row in read(answer)["expansion"].get("contains", ())]

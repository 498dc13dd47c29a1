"""Resources and Bundles that the REST tests share."""

from typing import Any

import httpx

Resource = dict[str, Any]


def patient(family: str = "Hansen", **more: Any) -> Resource:
    return {"resourceType": "Patient", "name": [{"family": family, "given": ["Kari"]}], **more}


def observation(subject: str, code: str = "8310-5", **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": subject},
        **more,
    }


def bundle(kind: str, *entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(resource: Resource, full_url: str | None = None, **request: Any) -> Resource:
    entry = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"], **request}}
    return entry | ({"fullUrl": full_url} if full_url else {})


def put(resource: Resource, url: str | None = None, **request: Any) -> Resource:
    place = url or f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": place, **request}}


def ask(method: str, url: str, **request: Any) -> Resource:
    return {"request": {"method": method, "url": url, **request}}


def issue(answer: httpx.Response) -> Resource:
    """The first issue of an answer that must be an OperationOutcome."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert "Traceback" not in answer.text
    found: Resource = body["issue"][0]
    return found


async def stored(client: httpx.AsyncClient, resource: Resource) -> Resource:
    """Create it; what the server has now."""
    answer = await client.post(f"/{resource['resourceType']}", json=resource)
    assert answer.status_code == 201, answer.text
    made: Resource = answer.json()
    return made


async def matches(client: httpx.AsyncClient, query: str) -> list[str]:
    """Ids that a search finds, in its order."""
    answer = await client.get(f"/{query}")
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return [e["resource"]["id"] for e in entries if e["search"]["mode"] == "match"]

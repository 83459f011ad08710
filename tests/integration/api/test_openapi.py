"""The OpenAPI document: an example for every body, and each is valid."""

from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from tests.integration.api.conftest import Api


def _examples(media: dict[str, Any], schema: dict[str, Any]) -> list[Any]:
    found = [media["example"]] if "example" in media else []
    found += [each["value"] for each in media.get("examples", {}).values()]
    reference = media.get("schema", {}).get("$ref", "")
    named = schema["components"]["schemas"].get(reference.rpartition("/")[2], {})
    return [*found, *named.get("examples", [])]


async def test_every_body_has_an_example_that_its_schema_takes(api: "Api") -> None:
    schema = (await api.client.get("/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    seen = 0
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            bodies = [("request", operation["requestBody"])] if "requestBody" in operation else []
            bodies += list(operation["responses"].items())
            for name, body in bodies:
                for kind, media in body.get("content", {}).items():
                    where = f"{method} {path} {name} {kind}"
                    examples = _examples(media, schema)
                    assert examples, where
                    for example in examples:
                        whole = {**media.get("schema", {}), "components": schema["components"]}
                        jsonschema.Draft202012Validator(whole).validate(example)
                        seen += 1
    assert seen > 30


async def test_every_page_shows_what_is_on_it_and_no_two_alike(api: "Api") -> None:
    named = (await api.client.get("/openapi.json")).json()["components"]["schemas"]
    pages = {name: schema["examples"][0]["items"] for name, schema in named.items() if name.startswith("Page_")}
    assert len(pages) > 8
    items = [str(shown[0]) for shown in pages.values()]
    assert len(set(items)) == len(items)


async def test_refusals_are_described(api: "Api") -> None:
    for path, operations in (await api.client.get("/openapi.json")).json()["paths"].items():
        for operation in operations.values():
            told = set(operation["responses"])
            if path.startswith("/v1/"):
                assert told >= {"400", "401", "403", "404", "422", "503"}, path
                assert (told >= {"413", "415"}) is ("requestBody" in operation), path
            elif path == "/metrics":
                assert told >= {"401", "403", "503"}


async def test_every_operation_says_what_it_does(api: "Api") -> None:
    schema = (await api.client.get("/openapi.json")).json()
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["description"]
            assert operation["tags"]


async def test_request_examples_are_taken(api: "Api") -> None:
    await api.as_key("admin")
    schema = (await api.client.get("/openapi.json")).json()["components"]["schemas"]
    for example in schema["ClaimAsked"]["examples"]:
        answer = await api.client.post("/v1/attestations", json=example)
        assert answer.status_code != 422 or answer.json()["type"].endswith("bad-claim"), answer.text

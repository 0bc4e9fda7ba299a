"""The OpenAPI document: valid, complete, without a warning of its generator."""

from collections.abc import Iterator
from functools import cache

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from core.fast_lane import PREFIXES

# Not for keys of the JSON API: machines' doors, and the document itself.
MACHINE_ROUTES = tuple(prefix.lstrip("/") for prefix in PREFIXES)
OF_THE_DOCUMENT = {"api/openapi.json"}


@cache
def document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def routes(patterns: list, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path, pattern


def api_routes() -> list[tuple[str, URLPattern]]:
    """Every /api route that a key of the JSON API opens, with its parameters as {name}."""
    found = []
    for path, pattern in routes(get_resolver().url_patterns):
        machine = path.startswith(MACHINE_ROUTES) or path in OF_THE_DOCUMENT
        if path.startswith("api/") and not machine:
            plain = path.replace("<str:", "{").replace(">", "}")
            found.append((f"/{plain}", pattern))
    return found


def test_the_document_is_valid_openapi():
    assert document()["openapi"].startswith("3.1")
    validate(document())


def test_every_route_of_the_api_is_described():
    described = set(document()["paths"])
    assert len(described) > 20
    assert {path for path, _ in api_routes()} - described == set()


def test_every_method_of_every_route_is_described():
    missing = [
        f"{method} {path}"
        for path, pattern in api_routes()
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.cls, method) and method not in document()["paths"][path]
    ]
    assert missing == []


def test_the_generator_has_nothing_to_complain_about():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(request=None, public=True)
        complaints = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert complaints == []


def operations() -> Iterator[tuple[str, dict]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_has_a_name_a_meaning_and_a_lock():
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))
    for where, operation in operations():
        assert operation.get("description"), where
        assert operation["security"] == [{"ApiKey": []}], where


def test_every_answer_with_a_body_says_what_it_is():
    silent = [
        f"{where} {status}"
        for where, operation in operations()
        for status, answer in operation["responses"].items()
        if status != "204" and "content" not in answer
    ]
    assert silent == []


def test_lists_are_described_with_their_frame():
    path = document()["paths"]["/api/schedules"]["get"]
    reference = path["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    frame = document()["components"]["schemas"][reference.rsplit("/", 1)[1]]
    assert set(frame["properties"]) == {"schedules", "total", "limit", "offset", "hasMore"}


@pytest.mark.django_db
def test_anybody_may_read_it():
    answer = APIClient().get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "OpsKnight API"

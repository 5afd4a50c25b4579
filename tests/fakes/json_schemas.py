"""As much of JSON Schema (draft 2020-12) as our own schemas use, to hold what we write against them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "null": type(None),
    "boolean": bool,
}


def violations(value: Any, schema: Mapping[str, Any], place: str = "$") -> Iterator[str]:
    """Yield where a value is not what the schema asks for."""
    types = schema.get("type", [])
    wanted = [types] if isinstance(types, str) else types
    if wanted and not any(isinstance(value, _TYPES[name]) for name in wanted):
        yield f"{place}: no {wanted}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if "anyOf" in schema and all(list(violations(value, one, place)) for one in schema["anyOf"]):
        yield f"{place}: none of several"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} does not match"
    if isinstance(value, dict):
        yield from _object(value, schema, place)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{place}: {len(value)} items"
        for at, item in enumerate(value):
            yield from violations(item, schema.get("items", {}), f"{place}[{at}]")


def _object(value: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}: {name} is missing"
    for name, item in value.items():
        if name in properties:
            yield from violations(item, properties[name], f"{place}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{place}: {name} is not foreseen"

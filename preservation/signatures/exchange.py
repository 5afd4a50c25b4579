"""What a signature checker and its worker say to each other: reports, facts and material as JSON."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from model.dates import from_utc_text, utc_text
from model.material import Material, MaterialItem, MaterialKind, MaterialSource

STEP_WORKING = 0
STEP_ASKING = 1
"""The worker waits for its parent: a companion, or bytes from the network."""

LARGEST_MATERIAL = 64 << 20
"""Bytes of material that one file may carry; it crosses the pipe whole."""


def material_size(items: Iterable[MaterialItem]) -> int:
    """Return the bytes of some material."""
    return sum(len(item.content) for item in items)


def encode_material(items: Iterable[MaterialItem]) -> list[dict[str, str]]:
    """Return material as JSON, its content in base64."""
    return [
        {
            "kind": item.kind.value,
            "content": base64.b64encode(item.content).decode("ascii"),
            "source": item.source.value,
            "url": item.url,
            "obtained": utc_text(item.obtained) if item.obtained else "",
        }
        for item in items
    ]


def decode_material(data: Iterable[Mapping[str, Any]]) -> Material:
    """Read material from JSON.

    Raises:
        ValueError, KeyError: it is not what `encode_material` writes.
    """
    material = Material()
    for item in data:
        material.keep(
            MaterialItem(
                kind=MaterialKind(item["kind"]),
                content=base64.b64decode(item["content"], validate=True),
                source=MaterialSource(item["source"]),
                url=str(item["url"]),
                obtained=from_utc_text(item["obtained"]) if item["obtained"] else None,
            )
        )
    return material

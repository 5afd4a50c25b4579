"""What a store was seen to do, in the form in which it is recorded."""

from collections.abc import Mapping
from typing import Any

from archive.store.protocol import StoreCapabilities


def to_json(capabilities: StoreCapabilities) -> dict[str, object]:
    """Return the stored form."""
    return {
        "conditional_write": capabilities.conditional_write,
        "refuses_wrong_checksum": capabilities.refuses_wrong_checksum,
        "versioning": capabilities.versioning,
        "object_lock": capabilities.object_lock,
        "durable": capabilities.durable,
        "sorted_listing": capabilities.sorted_listing,
        "detail": capabilities.detail,
    }


def from_json(data: Mapping[str, Any]) -> StoreCapabilities:
    """Read the stored form back; what an older probe did not try counts as not seen."""
    durable = data.get("durable")
    return StoreCapabilities(
        conditional_write=bool(data.get("conditional_write", False)),
        refuses_wrong_checksum=bool(data.get("refuses_wrong_checksum", False)),
        versioning=bool(data.get("versioning", False)),
        object_lock=bool(data.get("object_lock", False)),
        durable=None if durable is None else bool(durable),
        sorted_listing=bool(data.get("sorted_listing", False)),
        detail=str(data.get("detail", "")),
    )

"""Frozen dataclasses as JSON and back, for stored facts that are too deep to spell out by hand.

Absent values (`None`, empty text, empty tuples) are left out, so that a field added later reads as its default.
Supported field types: text, numbers, booleans, aware times, bytes (hexadecimal), enumerations, dataclasses,
findings, tuples of these, and each of these or `None`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from model.dates import from_utc_text, utc_text
from model.findings import Finding

T = TypeVar("T")

_PLAIN_TYPES = frozenset({type(None), str, bool, int, float})


def encode(value: object) -> Any:
    """Return the JSON form of a value.

    Raises:
        TypeError: a type that is not supported.
    """
    if type(value) in _PLAIN_TYPES:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, Finding):
        return value.to_json()
    if is_dataclass(value):
        return _encode_fields(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def decode(cls: type[T], data: Mapping[str, Any]) -> T:
    """Read the JSON form of a dataclass; fields it does not know are passed over.

    Raises:
        ValueError: a value does not fit its field.
        KeyError: an enumeration or field that must be there is not.
    """
    readers = _readers(cls)  # type: ignore[arg-type]  # mypy does not see that a class is hashable
    try:
        return cls(**{name: readers[name](content) for name, content in data.items() if name in readers})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not the stored form of {cls.__name__}: {error}") from error


def _encode_fields(value: Any) -> dict[str, Any]:
    data = {}
    for name in _names(type(value)):  # type: ignore[arg-type]  # mypy does not see that a class is hashable
        content = getattr(value, name)
        if content is not None and (content or not isinstance(content, (str, tuple))):
            data[name] = encode(content)
    return data


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(cls))


@cache
def _readers(cls: type) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(cls)
    return {item.name: _reader(hints[item.name]) for item in fields(cls)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        (inner,) = (_reader(option) for option in get_args(hint) if option is not type(None))
        return lambda content: None if content is None else inner(content)
    if origin is tuple:
        item = _reader(get_args(hint)[0])
        return lambda content: tuple(item(part) for part in content)
    if hint is datetime:
        return from_utc_text
    if hint is bytes:
        return bytes.fromhex
    if hint is Finding:
        return Finding.from_json
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda content: decode(hint, content)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint in {str, int, float, bool}:
        return lambda content: _plain(hint, content)
    raise TypeError(f"no JSON form for {hint}")


def _plain(hint: Any, content: Any) -> Any:
    if not isinstance(content, hint) and not (hint is float and isinstance(content, int)):
        raise TypeError(f"{content!r} is not {hint.__name__}")
    return content

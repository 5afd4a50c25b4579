"""Makes Python 3.9 and 3.10 understand the modules of the stand-alone verifier; does nothing on newer ones.

Imported before every other module of the program. The product itself needs Python 3.11 and never imports this.
"""

import builtins
import dataclasses
import datetime
import enum
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def prepare() -> None:
    """Add to the standard library what the modules use and Pythons before 3.11 and 3.10 lack."""
    library: Any = enum
    if not hasattr(enum, "StrEnum"):
        library.StrEnum = _StrEnum
        library = datetime
        library.UTC = datetime.timezone(datetime.timedelta(0))
    if not hasattr(itertools, "pairwise"):
        library = itertools
        library.pairwise = _pairwise
        library = dataclasses
        library.dataclass = _dataclass
        library = builtins
        library.zip = _zip


class _StrEnum(str, enum.Enum):  # noqa: UP042 - this is what stands in for StrEnum
    def __str__(self) -> str:
        return str(self.value)


def _pairwise(items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    first, second = itertools.tee(items)
    next(second, None)
    yield from _plain_zip(first, second)


_plain_dataclass: Callable[..., Any] = dataclasses.dataclass
_plain_zip: Callable[..., Any] = builtins.zip


def _zip(*items: Iterable[Any], strict: bool = False) -> Any:  # noqa: ARG001 - lengths are not compared there
    return _plain_zip(*items)


def _dataclass(cls: Any = None, /, *, slots: bool = False, kw_only: bool = False, **options: Any) -> Any:  # noqa: ARG001 - slots only save memory
    """Stand in for `dataclass`: fields with a default come last, as they are given by name anyway."""

    def decorated(plain: Any) -> Any:
        if kw_only:
            fields = vars(plain).get("__annotations__", {})
            plain.__annotations__ = dict(sorted(fields.items(), key=lambda item: hasattr(plain, item[0])))
        return _plain_dataclass(**options)(plain)

    return decorated if cls is None else decorated(cls)

"""Message digests by one canonical name, whatever the signature called them.

Names are lower case with a hyphen after the family of SHA-3: `sha256`, `sha3-256`, `sha512-256`.
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

CHUNK = 1 << 20
"""Bytes read at a time."""


class UnsupportedAlgorithm(Exception):
    """An algorithm that cannot be computed here; says nothing about the signature."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Hasher(Protocol):
    """A running digest."""

    @property
    def digest_size(self) -> int:
        """Bytes of the digest."""
        ...

    def update(self, data: bytes | memoryview, /) -> None:
        """Feed the next bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes fed."""
        ...


class _Shake:
    """An extendable-output function with the output length RFC 8702 gives it."""

    def __init__(self, name: str, size: int) -> None:
        self._state = hashlib.shake_128() if name == "shake128" else hashlib.shake_256()
        self._size = size

    @property
    def digest_size(self) -> int:
        return self._size

    def update(self, data: bytes | memoryview, /) -> None:
        self._state.update(data)

    def digest(self) -> bytes:
        return self._state.digest(self._size)


_MAKERS: dict[str, Callable[[], Hasher]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha224": hashlib.sha224,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
    "sha512-224": lambda: hashlib.new("sha512_224"),
    "sha512-256": lambda: hashlib.new("sha512_256"),
    "sha3-224": hashlib.sha3_224,
    "sha3-256": hashlib.sha3_256,
    "sha3-384": hashlib.sha3_384,
    "sha3-512": hashlib.sha3_512,
    "ripemd160": lambda: hashlib.new("ripemd160"),
    "shake128": lambda: _Shake("shake128", 32),
    "shake256": lambda: _Shake("shake256", 64),
}

_NIST = "2.16.840.1.101.3.4.2."
_OIDS = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "1.3.36.3.2.1": "ripemd160",
    _NIST + "1": "sha256",
    _NIST + "2": "sha384",
    _NIST + "3": "sha512",
    _NIST + "4": "sha224",
    _NIST + "5": "sha512-224",
    _NIST + "6": "sha512-256",
    _NIST + "7": "sha3-224",
    _NIST + "8": "sha3-256",
    _NIST + "9": "sha3-384",
    _NIST + "10": "sha3-512",
    _NIST + "11": "shake128",
    _NIST + "12": "shake256",
    _NIST + "18": "shake256",
}
_FROM_SIGNATURE = {
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
"""Some signers name a signature algorithm where a digest belongs; what they meant is plain."""


def name_of(oid_or_native: str) -> str | None:
    """Return the canonical name of a digest algorithm; none when it is not known.

    Args:
        oid_or_native: dotted OID, the ASN.1 library's name (`sha3_256`), or a usual spelling (`SHA-256`).
    """
    known = _OIDS.get(oid_or_native) or _FROM_SIGNATURE.get(oid_or_native)
    if known:
        return known
    plain = oid_or_native.strip().lower().replace("_", "-").replace("/", "-")
    if plain in _MAKERS:
        return plain
    compact = plain.replace("sha-", "sha", 1)
    return compact if compact in _MAKERS else None


def new(name: str) -> Hasher:
    """Return a running digest.

    Raises:
        UnsupportedAlgorithm: no such digest here.
    """
    maker = _MAKERS.get(name)
    if maker is None:
        raise UnsupportedAlgorithm(name)
    try:
        return maker()
    except ValueError as exc:
        raise UnsupportedAlgorithm(name) from exc


def digest_bytes(data: bytes | memoryview, name: str) -> bytes:
    """Return the digest of bytes.

    Raises:
        UnsupportedAlgorithm: no such digest here.
    """
    state = new(name)
    state.update(data)
    return state.digest()


def digest_chunks(chunks: Iterable[bytes | memoryview], names: Iterable[str]) -> dict[str, bytes]:
    """Return several digests of bytes that come in chunks, in one pass.

    Raises:
        UnsupportedAlgorithm: no such digest here.
    """
    states = {name: new(name) for name in names}
    for chunk in chunks:
        for state in states.values():
            state.update(chunk)
    return {name: state.digest() for name, state in states.items()}


def digest_file(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return several digests of a file, in one pass.

    Raises:
        UnsupportedAlgorithm: no such digest here.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        return digest_chunks(iter(lambda: stream.read(CHUNK), b""), names)

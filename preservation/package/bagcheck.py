"""The check of a bag against RFC 8493, tolerant of versions 0.93 to 0.97 where they allowed more.

Source:
    RFC 8493 (BagIt 1.0)
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.errors import InputError
from model.findings import FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package.bagtags import (
    SMALL,
    Declaration,
    ManifestLine,
    TagFileError,
    decode_path,
    fully_encoded,
    info_elements,
    manifest_lines,
    read_declaration,
    text_lines,
)
from preservation.package.fixity import Fixity, algorithm_named
from preservation.package.tree import PathSet, SubTree

_MANIFEST = re.compile(r"(tag)?manifest-([^/]+)\.txt", re.IGNORECASE)
_OXUM = re.compile(r"(\d{1,20})\.(\d{1,20})")
_WEAK = {"md5", "sha1"}
_PLATFORM_CHARACTERS = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_DEVICE_NAMES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_VERSION_1_0 = (1, 0)
_KNOWN_VERSIONS = {(0, 93), (0, 94), (0, 95), (0, 96), (0, 97), (1, 0)}


@dataclass(slots=True)
class BagFacts:
    """What the check of a bag learned, for the checks above it."""

    version: tuple[int, int] = _VERSION_1_0
    info: dict[str, list[str]] = field(default_factory=dict)
    """Elements of bag-info.txt by label in lower case; values in order."""
    manifests: tuple[str, ...] = ()
    """Names of all manifests."""
    protected: dict[str, PathSet] = field(default_factory=dict)
    """Tag manifest -> the tag files it lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    name: str
    algorithm: str
    """hashlib's name; empty when it cannot be computed."""
    tag: bool


def check_bag(bag: SubTree, fixity: Fixity, log: FindingLog) -> BagFacts:
    """Check one bag completely: every rule, every file, every digest.

    Args:
        bag: the tree seen from the bag's top folder.
        fixity: digests by path from the root of what was opened.
        log: where findings go.

    Source:
        RFC 8493 section 3 (complete and valid)
    """
    return _BagCheck(bag, fixity, log).run()


class _BagCheck:
    def __init__(self, bag: SubTree, fixity: Fixity, log: FindingLog) -> None:
        self._bag = bag
        self._fixity = fixity
        self._log = log
        self._declared = Declaration()
        self._listed: list[PathSet] = []
        self._by_form: dict[str, str] | None = None
        self._facts = BagFacts()

    @property
    def _strict(self) -> bool:
        return self._declared.version >= _VERSION_1_0

    def run(self) -> BagFacts:
        self._check_declaration()
        manifests = self._manifests()
        self._facts.manifests = tuple(manifest.name for manifest in manifests)
        self._fixity.want(manifest.algorithm for manifest in manifests if manifest.algorithm)
        self._check_fetch()
        octets, count = self._look_at_payload()
        self._check_info(octets, count)
        self._read_everything(manifests)
        checked = [manifest for manifest in manifests if not manifest.tag]
        self._listed = [self._check_manifest(manifest) for manifest in checked]
        self._check_coverage(checked)
        for manifest in manifests:
            if manifest.tag:
                self._facts.protected[manifest.name] = self._check_manifest(manifest)
        return self._facts

    def _check_declaration(self) -> None:
        data = self._small("bagit.txt")
        if data is None:
            self._log.add(kinds.BAG_DECLARATION_MISSING.at(self._bag.at("bagit.txt")))
            return
        self._declared = read_declaration(data)
        self._facts.version = self._declared.version
        place = self._bag.at("bagit.txt")
        version = f"{self._declared.version[0]}.{self._declared.version[1]}"
        if self._declared.fault:
            self._log.add(kinds.BAG_DECLARATION.at(place, line=self._declared.fault))
        elif self._declared.unknown_encoding:
            self._log.add(kinds.BAG_ENCODING_UNKNOWN.at(place, encoding=self._declared.unknown_encoding))
        elif self._declared.version not in _KNOWN_VERSIONS:
            self._log.add(kinds.BAG_VERSION.at(place, version=version))
        elif self._strict and self._declared.encoding != "utf-8":
            self._log.add(kinds.BAG_ENCODING_OLD.at(place, encoding=self._declared.encoding))

    def _manifests(self) -> list[_Manifest]:
        found: list[_Manifest] = []
        for path, _size in self._bag.files():
            match = _MANIFEST.fullmatch(path)
            if match is None:
                continue
            algorithm = algorithm_named(match[2])
            found.append(_Manifest(name=path, algorithm=algorithm, tag=bool(match[1])))
            if not algorithm:
                self._log.add(kinds.BAG_ALGORITHM_UNKNOWN.at(self._bag.at(path), algorithm=match[2]))
            elif path != path.lower():
                self._log.add(kinds.BAG_MANIFEST_NAME.at(self._bag.at(path)))
        payload = [manifest for manifest in found if not manifest.tag]
        if not payload:
            self._log.add(kinds.BAG_NO_MANIFEST.at(self._bag.prefix))
        elif all(manifest.algorithm in _WEAK for manifest in payload if manifest.algorithm):
            self._log.add(kinds.BAG_WEAK_DIGEST.at(self._bag.at(payload[0].name)))
        return sorted(found, key=lambda manifest: manifest.name)

    def _check_fetch(self) -> None:
        if self._bag.size("fetch.txt") is None:
            return
        place = self._bag.at("fetch.txt")
        entries = 0
        try:
            with self._bag.open("fetch.txt") as stream:
                for line in text_lines(stream, self._declared.encoding):
                    entries += bool(line.strip())
        except (InputError, TagFileError) as error:
            self._log.add(kinds.BAG_TAG_FILE.at(place, reason=error))
        if entries:
            self._log.add(kinds.BAG_FETCH.at(place, count=entries))
        else:
            self._log.add(kinds.BAG_FETCH_EMPTY.at(place))

    def _look_at_payload(self) -> tuple[int, int]:
        octets = count = 0
        for path, size in self._bag.files():
            if path.startswith("data/"):
                octets += size
                count += 1
                if not portable(path):
                    self._log.add(kinds.NAME_NOT_PORTABLE.at(self._bag.at(path)))
        if not count:
            there = any(path == "data" for path in self._bag.directories())
            kind = kinds.BAG_EMPTY if there else kinds.BAG_NO_PAYLOAD_FOLDER
            self._log.add(kind.at(self._bag.at("data")))
        return octets, count

    def _check_info(self, octets: int, count: int) -> None:
        for name in ("bag-info.txt", "package-info.txt"):
            if self._bag.size(name) is not None and (name == "bag-info.txt" or not self._strict):
                self._read_info(name)
        sums = self._facts.info.get("payload-oxum", [])
        place = self._bag.at("bag-info.txt")
        if len(sums) > 1:
            self._log.add(kinds.BAG_OXUM_REPEATED.at(place, severity=self._weight()))
        for text in sums:
            match = _OXUM.fullmatch(text.strip())
            if match is None:
                self._log.add(kinds.BAG_OXUM_FORM.at(place, severity=self._weight(), value=text[:60]))
            elif (int(match[1]), int(match[2])) != (octets, count):
                self._log.add(kinds.BAG_OXUM.at(place, value=text.strip(), actual=f"{octets}.{count}"))

    def _read_info(self, name: str) -> None:
        try:
            with self._bag.open(name) as stream:
                for element in info_elements(stream, self._declared.encoding, strict=self._strict):
                    if isinstance(element, int):
                        place = f"{self._bag.at(name)}:{element}"
                        self._log.add(kinds.BAG_INFO_LINE.at(place, severity=self._weight()))
                    elif len(self._facts.info) < 10_000:
                        self._facts.info.setdefault(element[0].lower(), []).append(element[1])
        except (InputError, TagFileError) as error:
            self._log.add(kinds.BAG_TAG_FILE.at(self._bag.at(name), reason=error))

    def _read_everything(self, manifests: list[_Manifest]) -> None:
        """Hash in the order the files lie, so that a medium is read from one end to the other."""
        first = next((manifest.algorithm for manifest in manifests if manifest.algorithm), None)
        if first is None:
            return
        for path, _size in self._bag.files():
            if path.startswith("data/"):
                self._fixity.digest(self._bag.at(path), first)

    def _check_manifest(self, manifest: _Manifest) -> PathSet:
        seen = PathSet()
        place = self._bag.at(manifest.name)
        length = hashlib.new(manifest.algorithm).digest_size * 2 if manifest.algorithm else 0
        try:
            with self._bag.open(manifest.name) as stream:
                for line in manifest_lines(stream, self._declared.encoding):
                    if isinstance(line, int) or (length and len(line.digest) != length):
                        number = line if isinstance(line, int) else line.number
                        self._log.add(kinds.BAG_MANIFEST_LINE.at(f"{place}:{number}"))
                    else:
                        self._check_line(manifest, line, seen)
        except (InputError, TagFileError) as error:
            self._log.add(kinds.BAG_TAG_FILE.at(place, reason=error))
        return seen

    def _check_line(self, manifest: _Manifest, line: ManifestLine, seen: PathSet) -> None:
        place = f"{self._bag.at(manifest.name)}:{line.number}"
        if line.marked:
            self._log.add(kinds.BAG_MD5SUM_MARK.at(place))
        written = line.path
        if written.startswith("./"):
            self._log.add(kinds.BAG_RELATIVE_PATH.at(place, name=written))
            written = written[2:]
        if not self._inside(manifest, written):
            self._log.add(kinds.BAG_PATH_OUTSIDE.at(place, name=written))
            return
        path = self._find(written, place)
        if path is None:
            self._log.add(kinds.FILE_MISSING.at(self._bag.at(decode_path(written)), named_in=manifest.name))
            return
        if not seen.add(path):
            self._log.add(kinds.BAG_LISTED_TWICE.at(place, severity=self._twice(path, written), name=path))
        self._compare(manifest, path, line.digest)

    def _twice(self, path: str, written: str) -> Severity:
        """Before 1.0 a repetition was no error; a name listed in two normal forms is the fault of a file system.

        Where the two lines give different digests, one of them does not fit the file: that is found by itself.
        """
        other_form = path not in (written, decode_path(written))
        return Severity.WARNING if other_form else self._weight()

    def _inside(self, manifest: _Manifest, path: str) -> bool:
        parts = path.split("/")
        if path.startswith(("/", "~")) or ".." in parts or re.match(r"[A-Za-z]:[\\/]", path):
            return False
        if manifest.tag:
            return not path.startswith("data/") or not self._strict
        return path.startswith("data/")

    def _find(self, written: str, place: str) -> str | None:
        decoded = decode_path(written)
        candidates = (decoded, written) if self._strict else (written, decoded)
        for path in candidates:
            if self._bag.size(path) is not None:
                if self._strict and not (fully_encoded(written) and path == decoded):
                    self._log.add(kinds.BAG_PERCENT.at(place, name=written))
                return path
        tidy = "/".join(part for part in decoded.split("/") if part not in ("", "."))
        if tidy != decoded and self._bag.size(tidy) is not None:
            self._log.add(kinds.BAG_RELATIVE_PATH.at(place, name=written))
            return tidy
        if decoded.isascii():
            return None
        path_in_form = self._forms().get(unicodedata.normalize("NFC", decoded))
        if path_in_form is not None:
            self._log.add(kinds.BAG_NORMAL_FORM.at(self._bag.at(path_in_form), named_in=place))
        return path_in_form

    def _forms(self) -> dict[str, str]:
        if self._by_form is None:
            self._by_form = {
                unicodedata.normalize("NFC", path): path for path, _size in self._bag.files() if not path.isascii()
            }
        return self._by_form

    def _compare(self, manifest: _Manifest, path: str, digest: str) -> None:
        if not manifest.algorithm:
            return
        actual = self._fixity.digest(self._bag.at(path), manifest.algorithm)
        if actual is not None and actual.hex() != digest.lower():
            kind = kinds.TAG_FILE_CHANGED if manifest.tag else kinds.FILE_CHANGED
            self._log.add(kind.at(self._bag.at(path), algorithm=manifest.algorithm, named_in=manifest.name))

    def _check_coverage(self, manifests: list[_Manifest]) -> None:
        for path in self._payload():
            absent = [index for index, listed in enumerate(self._listed) if path not in listed]
            if len(absent) == len(manifests):
                self._log.add(kinds.FILE_SURPLUS.at(self._bag.at(path)))
            elif self._strict:
                for index in absent:
                    self._log.add(kinds.BAG_NOT_IN_MANIFEST.at(self._bag.at(path), manifest=manifests[index].name))

    def _payload(self) -> Iterator[str]:
        return (path for path, _size in self._bag.files() if path.startswith("data/"))

    def _small(self, name: str) -> bytes | None:
        if self._bag.size(name) is None:
            return None
        try:
            with self._bag.open(name) as stream:
                return stream.read(SMALL)
        except InputError as error:
            self._log.add(kinds.UNREADABLE.at(self._bag.at(name), reason=error))
            return b""

    def _weight(self) -> Severity:
        return Severity.ERROR if self._strict else Severity.WARNING


def portable(path: str) -> bool:
    """Tell whether a path can be written on Windows, macOS and Linux alike.

    Source:
        RFC 8493 section 6.1.2
    """
    for part in path.split("/"):
        if _PLATFORM_CHARACTERS.search(part) or part.endswith((" ", ".")) or _DEVICE_NAMES.fullmatch(part):
            return False
    return len(path.encode("utf-8", "surrogatepass")) <= 4096

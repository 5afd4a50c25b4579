"""What kind of package lies at a path, told from names and the first lines of its metadata."""

import re
from dataclasses import dataclass, field

from preservation.package.edxml import begins_as_edxml
from preservation.package.legacy import CANDIDATES, KINDS, is_legacy
from preservation.package.metscheck import MetsHead, read_head
from preservation.package.safexml import root_tag
from preservation.package.tree import PackageTree, SingleFileTree, SubTree

BAGIT, EDXML, CASE_FOLDER, TT02, UNKNOWN = "bagit", "edxml", "case-folder", "vn-tt02", "unknown"
EARK_CSIP, EARK_SIP, EARK_AIP = "eark-csip", "eark-sip", "eark-aip"
TT05_PREFIX = "vn-tt05-"

_METS_NAMESPACE = b"www.loc.gov/METS"
_SNIFF = 4096
_MANIFEST = re.compile(r"manifest-[^/]+\.txt", re.IGNORECASE)
_DESCRIPTORS = ("hoso.json", "hoso.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What was recognised."""

    type: str
    bag: SubTree | None = None
    """The tree seen from the bag's top folder."""
    package: SubTree | None = None
    """The tree seen from the information package's root folder."""
    head: MetsHead = field(default_factory=MetsHead)
    bare_mets: bool = False
    """The subject is a METS file alone."""

    @property
    def tt05_type(self) -> str:
        """SIP, AIP or DIP for packages of Circular 05/2025; empty for others."""
        return self.type.removeprefix(TT05_PREFIX).upper() if self.type.startswith(TT05_PREFIX) else ""


def detect(tree: PackageTree) -> Detected:
    """Recognise the kind of a package.

    Args:
        tree: what was opened.
    """
    if isinstance(tree, SingleFileTree):
        return _detect_file(tree)
    roots = [SubTree(tree, "")]
    top = single_top_folder(roots[0])
    if top is not None:
        roots.append(SubTree(tree, top))
    for root in roots:
        found = _detect_root(root)
        if found is not None:
            return found
    for root in roots:
        kind = _detect_other(root)
        if kind is not None:
            return Detected(type=kind)
    return Detected(type=UNKNOWN)


def is_package_type(found: Detected) -> bool:
    """Tell whether what was recognised is an information package, alone or in a bag."""
    return found.package is not None and not found.bare_mets


def single_top_folder(tree: SubTree) -> str | None:
    """Return the one folder everything lies in; none when there are several, or files beside it."""
    tops = {path.split("/", 1)[0] for path in tree.directories()}
    if len(tops) != 1 or any("/" not in path for path, _size in tree.files()):
        return None
    return tops.pop()


def _detect_root(root: SubTree) -> Detected | None:
    if _is_bag(root):
        inner = _payload_package(root)
        if inner is None:
            return Detected(type=BAGIT, bag=root)
        head = read_head(inner)
        return Detected(type=_package_type(inner, head), bag=root, package=inner, head=head)
    if _is_package(root):
        head = read_head(root)
        return Detected(type=_package_type(root, head), package=root, head=head)
    return None


def _is_bag(root: SubTree) -> bool:
    if root.size("bagit.txt") is not None:
        return True
    names = [path for path, _size in root.files() if "/" not in path]
    return any(_MANIFEST.fullmatch(name) for name in names) and any(path == "data" for path in root.directories())


def _payload_package(bag: SubTree) -> SubTree | None:
    data = SubTree(bag.base, f"{bag.prefix}data")
    if data.size("METS.xml") is not None:
        return data
    top = single_top_folder(data)
    if top is None:
        return None
    inner = SubTree(bag.base, f"{data.prefix}{top}")
    return inner if _is_package(inner) else None


def _is_package(root: SubTree) -> bool:
    if root.size("METS.xml") is not None:
        return True
    folders = {path for path in root.directories() if "/" not in path}
    return "representations" in folders or {"metadata", "schemas"} <= folders


def _package_type(package: SubTree, head: MetsHead) -> str:
    if _is_tt05(package, head):
        known = head.package_type if head.package_type in ("SIP", "AIP", "DIP") else ""
        preserved = package.size("metadata/preservation/PREMIS.xml") is not None
        return TT05_PREFIX + (known or ("AIP" if preserved else "SIP")).lower()
    return eark_type(head)


def eark_type(head: MetsHead) -> str:
    """Return the type of an E-ARK package by the profile it declares, else by its OAIS type."""
    if "E-ARK-SIP" in head.profile:
        return EARK_SIP
    if "E-ARK-AIP" in head.profile:
        return EARK_AIP
    if "CSIP" in head.profile or not head.profile:
        return EARK_CSIP
    return {"SIP": EARK_SIP, "AIP": EARK_AIP}.get(head.package_type, EARK_CSIP)


def _is_tt05(package: SubTree, head: MetsHead) -> bool:
    if "ra.ee/METS" in head.profile:
        return True
    path = "metadata/descriptive/EAD.xml"
    if package.size(path) is not None:
        return root_tag(package, path) == "simpledc"
    return any(
        path.startswith("representations/") and path.rpartition("/")[2].lower().startswith("ead_doc")
        for path, _size in package.files()
    )


def _detect_other(root: SubTree) -> str | None:
    tables = False
    documents: list[str] = []
    for path, _size in root.files():
        depth = path.count("/")
        name = path.rpartition("/")[2].lower()
        if depth > 1:
            continue
        if name in _DESCRIPTORS:
            return TT02 if is_legacy(root, path) else CASE_FOLDER
        tables = tables or name.endswith((".xlsx", ".csv"))
        if name.endswith(KINDS) and len(documents) < CANDIDATES:
            documents.append(path)
    if any(is_legacy(root, path) for path in documents):
        return TT02
    return CASE_FOLDER if tables else None


def _detect_file(tree: SingleFileTree) -> Detected:
    name = next(path for path, _size in tree.files())
    with tree.open(name) as stream:
        start = stream.read(_SNIFF)
    if name.lower().endswith(".edxml") or begins_as_edxml(start):
        return Detected(type=EDXML)
    whole = SubTree(tree, "")
    if _METS_NAMESPACE in start or name.lower() == "mets.xml":
        head = read_head(whole, name)
        return Detected(type=eark_type(head), package=whole, head=head, bare_mets=True)
    if is_legacy(whole, name):
        return Detected(type=TT02)
    return Detected(type=UNKNOWN)

"""What we write, judged by others: the official schemas, the BagIt library, GNU tar and sha512sum."""

import shutil
import subprocess
from pathlib import Path

import bagit
import pytest
from lxml import etree

from tests.fakes.package_plans import SCHEMAS, package_plan, validator, written

PROFILES = ["vn-tt05", "eark"]
METS = {"m": "http://www.loc.gov/METS/", "xlink": "http://www.w3.org/1999/xlink"}
PREMIS = {"p": "http://www.loc.gov/premis/v3"}


@pytest.fixture(params=PROFILES)
def bag(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A package extracted by GNU tar."""
    data, result = written(package_plan(tmp_path, request.param), tmp_path)
    (tmp_path / "package.tar").write_bytes(data)
    done = subprocess.run(["tar", "-xf", "package.tar"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return tmp_path / result.top_folder


def payload(bag: Path) -> Path:
    (folder,) = (bag / "data").iterdir()
    return folder


def test_every_xml_file_is_valid(bag: Path) -> None:
    seen = set()
    for path in payload(bag).rglob("*.xml"):
        validator(path.name)(etree.parse(path).getroot())
        seen.add(path.name)
    assert {"METS.xml", "PREMIS.xml", "PREMIS_rep1.xml"} < seen
    assert seen & {"EAD.xml", "EAD3.xml"}


def test_the_package_validates_by_the_schemas_it_carries(bag: Path) -> None:
    schemas = payload(bag) / "schemas"
    for path in payload(bag).rglob("*.xml"):
        root = etree.parse(path).getroot()
        named = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "").split()
        single = root.get("{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation")
        for location in [*named[1::2], *([single] if single else [])]:
            assert (path.parent / location).resolve().parent == schemas.resolve()
        first = single or named[1]
        etree.XMLSchema(etree.parse((path.parent / first).resolve())).assertValid(root)


def test_the_bagit_library_agrees(bag: Path) -> None:
    bagit.Bag(str(bag)).validate()


def test_the_bagit_library_sees_damage(bag: Path) -> None:
    (payload(bag) / "representations/rep1/data/01-quyet-dinh.pdf").write_bytes(b"%PDF-1.7 two")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()


@pytest.mark.parametrize("name", ["manifest", "tagmanifest"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_recovery_with_sum_tools_alone(bag: Path, name: str, algorithm: str) -> None:
    done = subprocess.run(
        [f"{algorithm}sum", "-c", "--strict", "--quiet", f"{name}-{algorithm}.txt"],
        cwd=bag,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_manifests_list_every_file_once(bag: Path) -> None:
    files = {path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file()}
    for algorithm in ("sha256", "sha512"):
        lists = []
        for name in ("manifest", "tagmanifest"):
            lines = (bag / f"{name}-{algorithm}.txt").read_text().splitlines()
            lists.append([line.split("  ", 1)[1] for line in lines])
        assert sorted(lists[0]) == sorted(path for path in files if path.startswith("data/"))
        assert sorted(lists[1]) == sorted(path for path in files if not path.startswith(("data/", "tagmanifest")))


def references(mets: etree._ElementTree) -> list[tuple[str, int, str]]:
    found = []
    for element in mets.iterfind(".//m:mdRef", METS):
        found.append((element, element))
    for element in mets.iterfind(".//m:file", METS):
        found.append((element, element.find("m:FLocat", METS)))
    return [
        (where.get(f"{{{METS['xlink']}}}href"), int(what.get("SIZE")), what.get("CHECKSUM")) for what, where in found
    ]


def test_mets_tells_the_truth_about_every_file(bag: Path) -> None:
    import hashlib
    from urllib.parse import unquote

    named = set()
    for path in payload(bag).rglob("METS.xml"):
        for href, size, checksum in references(etree.parse(path)):
            target = path.parent / unquote(href)
            content = target.read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (size, checksum.lower())
            named.add(target)
    files = {path for path in payload(bag).rglob("*") if path.is_file()}
    assert files - named == {payload(bag) / "METS.xml"}


def test_premis_identifiers_are_linked(bag: Path) -> None:
    package = etree.parse(payload(bag) / "metadata/preservation/PREMIS.xml")
    representation = etree.parse(payload(bag) / "representations/rep1/metadata/preservation/PREMIS_rep1.xml")
    events = {element.text for element in package.iterfind(".//p:eventIdentifierValue", PREMIS)}
    linked = {element.text for element in representation.iterfind(".//p:linkingEventIdentifierValue", PREMIS)}
    assert len(linked) == 2
    assert linked == events
    objects = {element.text for element in representation.iterfind(".//p:objectIdentifierValue", PREMIS)}
    related = {
        element.findtext("p:linkingObjectIdentifierValue", namespaces=PREMIS)
        for element in package.iterfind(".//p:linkingObjectIdentifier", PREMIS)
        if element.findtext("p:linkingObjectIdentifierType", namespaces=PREMIS) == "UUID"
    }
    assert related
    assert related <= objects


def test_the_shipped_schemas_are_the_official_ones(corpus: Path) -> None:
    reference = corpus.parent / "reference" / "schemas"
    for name in ("xlink.xsd", "premis-v3.xsd", "ead3.xsd", "DILCISExtensionMETS.xsd"):
        assert (SCHEMAS / name).read_bytes() == (reference / name).read_bytes()
    official = (reference / "mets.xsd").read_bytes()
    ours = (SCHEMAS / "mets.xsd").read_bytes()
    assert ours == official.replace(b"http://www.loc.gov/standards/xlink/xlink.xsd", b"xlink.xsd")


def test_gnu_tar_and_sum_tools_are_here() -> None:
    assert all(shutil.which(name) for name in ("tar", "sha256sum", "sha512sum"))

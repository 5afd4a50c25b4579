"""One broken archival package of each kind, named by the code the check must find and the file it must name."""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import UnsupportedVersionError
from model.findings import Outcome, ValidationReport
from preservation.package.check import check_container, check_package
from tests.fakes.package_plans import package_plan, written

Members = dict[str, bytes]
ALGORITHMS = ("sha256", "sha512")


def members_of(container: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(container)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def tar_of(members: Members) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def find(members: Members, end: str) -> str:
    return next(name for name in members if name.endswith(end))


def rebag(members: Members) -> None:
    """Make the manifests right again, so that only what lies above the bag can tell the change."""
    top = next(iter(members)).split("/")[0]
    payload = {name[len(top) + 1 :]: data for name, data in members.items() if name.startswith(f"{top}/data/")}
    info = members[f"{top}/bag-info.txt"].decode()
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    members[f"{top}/bag-info.txt"] = re.sub(r"(?m)^Payload-Oxum: .*$", f"Payload-Oxum: {oxum}", info).encode()
    for tag in ("manifest", "tagmanifest"):
        for algorithm in ALGORITHMS:
            listed = payload if tag == "manifest" else tag_files(members, top)
            lines = (f"{hashlib.new(algorithm, data).hexdigest()}  {name}\n" for name, data in listed.items())
            members[f"{top}/{tag}-{algorithm}.txt"] = "".join(lines).encode()


def tag_files(members: Members, top: str) -> Members:
    return {
        name[len(top) + 1 :]: data
        for name, data in members.items()
        if not name.startswith((f"{top}/data/", f"{top}/tagmanifest-"))
    }


def edit(end: str, old: bytes, new: bytes) -> Callable[[Members], str]:
    def apply(members: Members) -> str:
        name = find(members, end)
        assert old in members[name], (end, old)
        members[name] = members[name].replace(old, new, 1)
        return name

    return apply


def drop(end: str) -> Callable[[Members], str]:
    def apply(members: Members) -> str:
        name = find(members, end)
        del members[name]
        return name

    return apply


def add(end: str, beside: str) -> Callable[[Members], str]:
    def apply(members: Members) -> str:
        name = find(members, beside).removesuffix(beside) + end
        members[name] = b"smuggled"
        return name

    return apply


PLAIN: dict[str, tuple[Callable[[Members], str], str]] = {
    "content changed": (edit("01-quyet-dinh.pdf", b"one", b"two"), "package.file-changed"),
    "content missing": (drop("01-quyet-dinh.pdf"), "package.file-missing"),
    "content surplus": (add("/data/x.pdf", "/data/01-quyet-dinh.pdf"), "package.file-surplus"),
    "METS changed": (edit("rep1/METS.xml", b"PHYSICAL", b"PHYSICAl"), "package.file-changed"),
    "PREMIS missing": (drop("/PREMIS_rep1.xml"), "package.file-missing"),
    "description changed": (edit("description.jsonl", b"case_file", b"case_filE"), "package.tag-file-changed"),
    "label changed": (edit("bag-info.txt", b"Chauban-Profile: ", b"Chauban-Profile: x"), "package.tag-file-changed"),
    "manifest missing": (drop("/manifest-sha512.txt"), "package.file-missing"),
}
REBAGGED: dict[str, tuple[Callable[[Members], str], str]] = {
    "content replaced": (edit("01-quyet-dinh.pdf", b"one", b"two"), "package.checksum-differs"),
    "content grown": (edit("01-quyet-dinh.pdf", b"one", b"more"), "package.size-differs"),
    "content removed": (drop("01-quyet-dinh.pdf"), "package.file-missing"),
    "content added": (add("/data/x.pdf", "/data/01-quyet-dinh.pdf"), "aip.not-described"),
    "PREMIS removed": (drop("/PREMIS_rep1.xml"), "aip.file-missing"),
    "PREMIS not XML": (edit("/PREMIS.xml", b"<premis", b"<premis <"), "xml.broken"),
    "METS invalid": (edit("rep1/METS.xml", b"<structMap", b"<structMad"), "xml.broken"),
    "description removed": (drop("description.jsonl"), "aip.file-missing"),
    "description not JSON": (edit("description.jsonl", b"{", b"["), "aip.description"),
    "description names another file": (edit("description.jsonl", b"01-quyet", b"99-quyet"), "package.file-missing"),
    "another package's label": (
        edit("bag-info.txt", b"Chauban-AIP-Id: 01970000", b"Chauban-AIP-Id: 02970000"),
        "aip.label",
    ),
}


@pytest.fixture(scope="module", params=["vn-tt05", "eark"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    return written(package_plan(folder, request.param), folder)[0]


def check(container: bytes) -> ValidationReport:
    return check_container(io.BytesIO(container), "container.tar")


def assert_named(report: ValidationReport, code: str, place: str) -> None:
    found = [(finding.code, finding.location) for finding in report.findings]
    assert report.outcome is Outcome.FAILED
    assert any(known == code and (location.startswith(place) or place in location) for known, location in found), found


def test_what_the_writer_writes_passes_as_container_file_and_folder(sound: bytes, tmp_path: Path) -> None:
    report = check(sound)
    assert report.outcome is Outcome.PASSED, report.findings
    assert {finding.code for finding in report.findings} <= {"tt05.element-missing"}, report.findings
    assert report.type in ("vn-tt05-aip", "eark-aip")
    file = tmp_path / "package.tar"
    file.write_bytes(sound)
    assert check_package(file).outcome is Outcome.PASSED
    for name, content in members_of(sound).items():
        target = tmp_path / "unpacked" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    assert check_package(next((tmp_path / "unpacked").iterdir())).outcome is Outcome.PASSED


@pytest.mark.parametrize("case", PLAIN)
def test_damage_is_named(sound: bytes, case: str) -> None:
    change, code = PLAIN[case]
    members = members_of(sound)
    place = change(members)
    assert_named(check(tar_of(members)), code, place)


@pytest.mark.parametrize("case", REBAGGED)
def test_a_change_hidden_from_the_manifests_is_named(sound: bytes, case: str) -> None:
    change, code = REBAGGED[case]
    members = members_of(sound)
    place = change(members)
    rebag(members)
    assert check(tar_of(members)).outcome is Outcome.FAILED
    found = {finding.code for finding in check(tar_of(members)).findings}
    assert code in found, (place, found)


def test_rebagging_alone_changes_nothing(sound: bytes) -> None:
    members = members_of(sound)
    rebag(members)
    assert check(tar_of(members)).outcome is Outcome.PASSED


def test_every_flipped_byte_fails(sound: bytes) -> None:
    members = members_of(sound)
    step = max(1, len(sound) // 60)
    for place in range(0, len(sound) - 1024, step):
        broken = bytearray(sound)
        broken[place] ^= 0x20
        if members_of_or_none(bytes(broken)) == members:
            continue  # a byte that means nothing: padding, or a field of the header nobody reads
        assert check(bytes(broken)).outcome is Outcome.FAILED, place


def members_of_or_none(container: bytes) -> Members | None:
    try:
        return members_of(container)
    except (tarfile.TarError, EOFError, OSError, ValueError):
        return None


@pytest.mark.parametrize("part", [0, 0.01, 0.3, 0.6, 0.95])
def test_a_container_cut_short_fails(sound: bytes, part: float) -> None:
    assert check(sound[: int(len(sound) * part)]).outcome is Outcome.FAILED


def test_a_container_that_is_no_package_of_ours_fails() -> None:
    report = check(tar_of({"a/b.txt": b"x"}))
    assert report.outcome is Outcome.FAILED
    assert {"package.unknown", "aip.not-ours"} <= {finding.code for finding in report.findings}


def test_a_newer_format_is_refused(sound: bytes) -> None:
    members = members_of(sound)
    edit("bag-info.txt", b"Chauban-AIP-Format: 1", b"Chauban-AIP-Format: 2")(members)
    rebag(members)
    with pytest.raises(UnsupportedVersionError):
        check(tar_of(members))

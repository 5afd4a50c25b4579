"""The rules of RFC 8493 one by one, and what damage to a bag is called."""

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.findings import Outcome, ValidationReport
from preservation.package.check import check_package

Files = dict[str, bytes]
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def encoded(path: str) -> str:
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def manifest(files: Files, algorithm: str = "sha256", prefix: str = "data/") -> bytes:
    lines = (
        f"{hashlib.new(algorithm, content).hexdigest()}  {encoded(path)}\n"
        for path, content in files.items()
        if path.startswith(prefix)
    )
    return "".join(lines).encode()


def bag_of(payload: Files) -> Files:
    files = {f"data/{path}": content for path, content in payload.items()}
    octets = sum(map(len, files.values()))
    files["bagit.txt"] = DECLARATION
    files["bag-info.txt"] = f"Payload-Oxum: {octets}.{len(payload)}\n".encode()
    files["manifest-sha256.txt"] = manifest(files)
    tags = {name: files[name] for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")}
    files["tagmanifest-sha256.txt"] = manifest(tags, prefix="")
    return files


def lay(root: Path, files: Files) -> Path:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return root


def codes(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.fixture
def files() -> Files:
    return bag_of({"a.txt": b"one", "b/c.txt": b"two", "tệp.txt": b"three"})


def test_a_sound_bag_passes_without_findings(tmp_path: Path, files: Files) -> None:
    report = check_package(lay(tmp_path / "bag", files))
    assert (report.type, report.outcome, report.findings) == ("bagit", Outcome.PASSED, ())


def replace(name: str, content: bytes) -> Callable[[Files], None]:
    return lambda files: files.update({name: content})


def without_tags(change: Callable[[Files], None]) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        del files["tagmanifest-sha256.txt"]
        change(files)

    return apply


def add_line(line: bytes) -> Callable[[Files], None]:
    return without_tags(lambda files: files.update({"manifest-sha256.txt": files["manifest-sha256.txt"] + line}))


def declare(content: bytes) -> Callable[[Files], None]:
    return without_tags(replace("bagit.txt", content))


def info(content: bytes) -> Callable[[Files], None]:
    return without_tags(replace("bag-info.txt", content))


X = b"a" * 64
FAILING: dict[str, tuple[Callable[[Files], None], str]] = {
    "changed": (replace("data/a.txt", b"ONE"), "package.file-changed"),
    "missing": (lambda files: files.pop("data/b/c.txt") and None, "package.file-missing"),
    "surplus": (replace("data/x", b""), "package.file-surplus"),
    "tag changed": (replace("bag-info.txt", b"Payload-Oxum: 11.3\nA: b\n"), "package.tag-file-changed"),
    "tag missing": (lambda files: files.pop("bag-info.txt") and None, "package.file-missing"),
    "no bagit.txt": (without_tags(lambda files: files.pop("bagit.txt") and None), "bag.declaration-missing"),
    "byte-order mark": (declare(b"\xef\xbb\xbf" + DECLARATION), "bag.declaration"),
    "three lines": (declare(DECLARATION + b"X: y\n"), "bag.declaration"),
    "space before colon": (declare(DECLARATION.replace(b"Version:", b"Version :")), "bag.declaration"),
    "two spaces": (declare(DECLARATION.replace(b"Version: ", b"Version:  ")), "bag.declaration"),
    "trailing space": (declare(DECLARATION.replace(b"1.0", b"1.0 ")), "bag.declaration"),
    "unknown encoding": (declare(DECLARATION.replace(b"UTF-8", b"KLINGON")), "bag.encoding-unknown"),
    "no manifest": (without_tags(lambda files: files.pop("manifest-sha256.txt") and None), "bag.no-manifest"),
    "line without path": (add_line(X + b"\n"), "bag.manifest-line"),
    "short digest": (add_line(b"abcd  data/a.txt\n"), "bag.manifest-line"),
    "listed twice": (
        lambda files: add_line(files["manifest-sha256.txt"].splitlines()[0] + b"\n")(files),
        "bag.listed-twice",
    ),
    "absolute": (add_line(X + b"  /etc/passwd\n"), "bag.path-outside"),
    "parent": (add_line(X + b"  data/../../x\n"), "bag.path-outside"),
    "home": (add_line(X + b"  ~root/x\n"), "bag.path-outside"),
    "drive": (add_line(X + b"  C:\\x\n"), "bag.path-outside"),
    "tag file in payload manifest": (add_line(X + b"  bagit.txt\n"), "bag.path-outside"),
    "not text": (add_line(X + b"  data/\xff\n"), "bag.tag-file"),
    "fetch": (without_tags(replace("fetch.txt", b"http://example.org/a 3 data/a.txt\n")), "bag.fetch"),
    "oxum": (info(b"Payload-Oxum: 12.3\n"), "bag.payload-oxum"),
    "oxum twice": (info(b"Payload-Oxum: 11.3\nPayload-Oxum: 11.3\n"), "bag.payload-oxum-repeated"),
    "oxum form": (info(b"Payload-Oxum: eleven\n"), "bag.payload-oxum-form"),
    "info without colon": (info(b"nothing\n"), "bag.info-line"),
    "info space before colon": (info(b"Label : value\n"), "bag.info-line"),
    "second manifest omits a file": (
        without_tags(lambda files: files.update({"manifest-sha512.txt": manifest({"data/a.txt": b"one"}, "sha512")})),
        "bag.not-in-manifest",
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_broken_rule_fails_with_its_code(tmp_path: Path, files: Files, case: str) -> None:
    change, code = FAILING[case]
    change(files)
    report = check_package(lay(tmp_path / "bag", files))
    assert report.outcome is Outcome.FAILED
    assert code in codes(report), report.findings


WARNING: dict[str, tuple[Callable[[Files], None], str]] = {
    "asterisk": (
        without_tags(
            lambda files: files.update({"manifest-sha256.txt": files["manifest-sha256.txt"].replace(b"  ", b" *")})
        ),
        "bag.md5sum-mark",
    ),
    "dot slash": (
        without_tags(
            lambda files: files.update({"manifest-sha256.txt": files["manifest-sha256.txt"].replace(b"  ", b"  ./")})
        ),
        "bag.relative-path",
    ),
    "normal form": (
        without_tags(
            lambda files: files.update(
                {"manifest-sha256.txt": unicodedata.normalize("NFD", files["manifest-sha256.txt"].decode()).encode()}
            )
        ),
        "bag.normal-form",
    ),
    "md5 only": (
        without_tags(
            lambda files: (
                files.update({"manifest-md5.txt": manifest(files, "md5")})
                or (files.pop("manifest-sha256.txt") and None)
            )
        ),
        "bag.weak-digest",
    ),
    "empty fetch": (without_tags(replace("fetch.txt", b"\n")), "bag.fetch-empty"),
}


@pytest.mark.parametrize("case", WARNING)
def test_what_is_only_odd_passes_with_a_warning(tmp_path: Path, files: Files, case: str) -> None:
    change, code = WARNING[case]
    change(files)
    report = check_package(lay(tmp_path / "bag", files))
    assert report.outcome is Outcome.PASSED, report.findings
    assert code in codes(report)


def test_line_ends_and_upper_case_digests_do_not_matter(tmp_path: Path, files: Files) -> None:
    del files["tagmanifest-sha256.txt"]
    lines = files["manifest-sha256.txt"].decode().splitlines()
    files["manifest-sha256.txt"] = "\r\n".join(f"{line[:64].upper()}\t{line[66:]}" for line in lines).encode()
    files["bagit.txt"] = DECLARATION.replace(b"\n", b"\r")
    assert check_package(lay(tmp_path / "bag", files)).outcome is Outcome.PASSED


def test_percent_and_line_ends_in_names(tmp_path: Path) -> None:
    report = check_package(lay(tmp_path / "bag", bag_of({"100%0A.txt": b"x", "a\nb": b"y", "%25": b"z"})))
    assert report.outcome is Outcome.PASSED
    assert codes(report) == {"package.name-not-portable"}


def test_names_are_not_decoded_before_1_0(tmp_path: Path) -> None:
    files = {"data/a%25b": b"x", "bagit.txt": DECLARATION.replace(b"1.0", b"0.97")}
    files["manifest-sha256.txt"] = f"{hashlib.sha256(b'x').hexdigest()}  data/a%25b\n".encode()
    assert check_package(lay(tmp_path / "bag", files)).outcome is Outcome.PASSED


def test_an_unknown_algorithm_is_not_a_pass(tmp_path: Path, files: Files) -> None:
    del files["tagmanifest-sha256.txt"]
    files["manifest-quux.txt"] = files["manifest-sha256.txt"]
    report = check_package(lay(tmp_path / "bag", files))
    assert report.outcome is Outcome.INDETERMINATE
    assert "bag.algorithm-unknown" in codes(report)


def test_an_empty_bag_is_not_a_pass(tmp_path: Path) -> None:
    root = lay(tmp_path / "bag", bag_of({}))
    (root / "data").mkdir()
    assert check_package(root).outcome is Outcome.INDETERMINATE


def test_repetition_of_the_same_line_was_no_error_before_1_0(tmp_path: Path, files: Files) -> None:
    del files["tagmanifest-sha256.txt"]
    files["bagit.txt"] = DECLARATION.replace(b"1.0", b"0.97")
    files["manifest-sha256.txt"] *= 2
    report = check_package(lay(tmp_path / "bag", files))
    assert report.outcome is Outcome.PASSED
    assert "bag.listed-twice" in codes(report)


def test_a_link_in_the_payload_fails_and_is_not_followed(tmp_path: Path, files: Files) -> None:
    root = lay(tmp_path / "bag", files)
    (root / "data" / "link").symlink_to("/etc/passwd")
    report = check_package(root)
    assert report.outcome is Outcome.FAILED
    assert [finding.location for finding in report.findings if finding.code == "package.link"] == ["data/link"]


def test_at_most_ten_thousand_findings_are_kept_and_the_rest_counted(tmp_path: Path) -> None:
    files = {"data/a": b"x", "bagit.txt": DECLARATION}
    missing = "".join(f"{'a' * 64}  data/{number}\n" for number in range(12_000))
    files["manifest-sha256.txt"] = (manifest(files).decode() + missing).encode()
    files["manifest-sha512.txt"] = files["manifest-sha256.txt"]
    report = check_package(lay(tmp_path / "bag", files))
    assert len(report.findings) <= 10_000
    assert report.findings[-1].code == "package.more-findings"
    assert report.findings[-1].message().startswith(str(24_002 - (len(report.findings) - 1)))


NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and len(name.encode()) <= 200
)
PAYLOADS = st.dictionaries(NAMES, st.binary(max_size=40), min_size=1, max_size=5).filter(
    lambda payload: len({unicodedata.normalize("NFC", name).casefold() for name in payload}) == len(payload)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=PAYLOADS, data=st.data())
def test_any_bag_passes_and_any_single_mutation_fails_by_name(
    tmp_path_factory: pytest.TempPathFactory, payload: Files, data: st.DataObject
) -> None:
    files = bag_of(payload)
    root = lay(tmp_path_factory.mktemp("sound") / "bag", files)
    assert check_package(root).outcome is Outcome.PASSED
    victim = data.draw(st.sampled_from(sorted(path for path in files if path.startswith("data/"))))
    mutation = data.draw(st.sampled_from(["flip", "drop", "add", "line"]))
    named = victim
    if mutation == "flip":
        content = files[victim]
        place = data.draw(st.integers(0, len(content)))
        files[victim] = (
            content[:place] + b"\x80" + content[place:]
            if place == len(content)
            else bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]])
        )
    elif mutation == "drop":
        del files[victim]
        files["data/.keep"] = b"" if victim != "data/.keep" else b"!"
    elif mutation == "add":
        named = "data/\N{SNOWMAN}-added"
        files[named] = b"new"
    else:
        line = files["manifest-sha256.txt"]
        place = line.index(hashlib.sha256(files[victim]).hexdigest().encode())
        swapped = b"0" if line[place : place + 1] != b"0" else b"1"
        files["manifest-sha256.txt"] = line[:place] + swapped + line[place + 1 :]
        same = [path for path in files if path.startswith("data/") and files[path] == files[victim]]
        named = same[0]
    report = check_package(lay(tmp_path_factory.mktemp("mutated") / "bag", files))
    assert report.outcome is Outcome.FAILED
    assert named in {finding.location for finding in report.findings}

"""The demonstration: makes an archive in `demo/`, takes in the example case files, and shows what happened.

Every step is a command that anybody can type; nothing here is hidden from the user.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from making.demo_tsa import demo_authority

from model.text import N_, _, language_of_locale, use_language

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "demo"
ARCHIVE = PLACE / "archive"
MARKER = PLACE / "made-by-make-demo"


def main() -> None:
    """Run the demonstration from an empty folder; running it again starts afresh."""
    use_language(os.environ.get("CHAUBAN_LANG") or language_of_locale())
    os.chdir(ROOT)
    _prepare()
    _say(N_("1. A new archive with two copies of everything, each in a folder of its own"))
    _run("init", "demo/archive", "--name", "Demo", "--store", "store-a", "--store", "store-b")
    _say(N_("2. Taking in the example case files: good ones, bad ones, and real documents made by others"))
    _run("ingest", "examples/batch", "examples/refused", "examples/real", "--workers", "2", codes={0, 3, 5, 17})
    _say(N_("3. Signed documents: one good, one of a retired signer, one altered afterwards, one unsigned"))
    _signatures()
    _say(N_("4. Evidence: one timestamp of a demonstration authority (trusted nowhere else) proves all packages"))
    _evidence()
    _say(N_("5. What was refused is kept, with its reasons"))
    _run("transfer", "list", "--state", "refused")
    _say(N_("6. Search: with and without diacritics, đ and d alike"))
    for query in ("hồ sơ", "ho so", "đường", "duong", '"công tác văn thư"'):
        _run("search", query, "--limit", "3")
    identifier = _first_case()
    _say(N_("7. One case file, and its first document streamed out of the stored package"))
    _run("show", identifier)
    _run("export", identifier, "--document", "1", "--to", "demo/document-1.pdf")
    _run("export", identifier, "--as", "dip", "--to", "demo/dip")
    _say(N_("8. The package verified; then opened without our program, with tar and sha256sum"))
    _run("verify", identifier)
    container = Path(_output("export", identifier, "--as", "aip", "--to", "demo/package.tar").strip())
    _tool("sha256sum", "-c", f"{container.name}.sha256", folder=PLACE)
    _tool("tar", "--list", "--file", container.name, folder=PLACE, lines=12)
    _say(N_("9. One byte of the exported copy damaged: the damage is found and named"))
    _damage(container)
    _run("package", "check", "demo/package.tar", codes={3})
    _say(N_("10. One byte of a stored copy damaged: found, named, and restored from the good copy"))
    _damage(_stored_container("store-b"))
    _run("verify", "--all", codes={12})
    _run("verify", "--all", "--repair", codes={0})
    _run("verify", "--all")
    _say(N_("That was the demonstration. Try next:"))
    for command in (
        "chauban --archive demo/archive search --facets 'quyết định'",
        f"chauban --archive demo/archive export {identifier} --as files --to demo/files",
        "chauban template my-template",
        "chauban --archive demo/archive ingest FOLDER",
        "chauban --archive demo/archive doctor",
    ):
        print(f"  .venv/bin/{command}")


def _signatures() -> None:
    """Trust the demonstration's authority, take in its case file, and let an officer decide about it."""
    root, ca = "examples/signed/trust/tsa/root.cer", "examples/signed/trust/ca.cer"
    fingerprint = hashlib.sha256((ROOT / root).read_bytes()).hexdigest()
    purposes = [part for purpose in ("document-signer", "agency-seal", "tsa") for part in ("--purpose", purpose)]
    _run("trust", "add", root, *purposes, "--fingerprint", fingerprint, "--because", "demonstration")
    _run(
        "trust",
        "add",
        ca,
        "examples/signed/trust/root.crl",
        "examples/signed/trust/ca.crl",
        "--because",
        "demonstration",
    )
    _run("signature", "check", "examples/signed/01-dat-ten-duong", "--report", "demo/signatures.pdf", codes={3})
    _run("ingest", "examples/signed/01-dat-ten-duong", codes={3})
    transfer = _refused_signed()
    _run("transfer", "resolve", transfer, "--accept", "--because", "demonstration: kept as evidence of what was filed")
    signed = _accepted("H99.15.2025.007")
    _run("signature", "show", signed)
    _run("search", "verdict:failed", "--limit", "3")
    _run("signature", "recheck")


def _evidence() -> None:
    """Seal everything, renew the seal once, leave a proof that can be tried, and check the log of all acts."""
    with demo_authority() as address, (ARCHIVE / "chauban.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[[evidence.authority]]\nname = "trinh-dien"\nurl = "{address}"\n')
        settings.flush()
        _run("evidence", "seal")
        batch = json.loads(_output("evidence", "calendar", "--json").splitlines()[0])["batch"]
        _run("evidence", "renew", "--batch", batch, "--because", "demonstration")
    signed = _accepted("H99.15.2025.007")
    _run("evidence", "verify", signed)
    _run("evidence", "calendar")
    _run("export", signed, "--as", "proof", "--to", "demo/proof")
    root = str(ROOT / "examples/signed/trust/tsa/root.cer")
    _tool("python3", "-I", "verify.pyz", "--roots", os.path.relpath(root, PLACE / "proof"), folder=PLACE / "proof")
    _run("audit", "verify")


def _prepare() -> None:
    if PLACE.exists() and not MARKER.exists():
        sys.exit(_("The folder {path} was not made by this demonstration; move it away first.").format(path=PLACE))
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    MARKER.touch()


def _say(message: str) -> None:
    print(f"\n\033[1m{_(message)}\033[0m" if sys.stdout.isatty() else f"\n== {_(message)}", flush=True)


def _run(*arguments: str, codes: frozenset[int] | set[int] = frozenset({0})) -> None:
    shown = shlex.join(arguments)
    print(f"$ chauban {shown}", flush=True)
    code = subprocess.run(_command(arguments), check=False).returncode
    if code not in codes:
        sys.exit(_("The step ended with exit code {code}, which was not expected here.").format(code=code))


def _output(*arguments: str) -> str:
    return subprocess.run(_command(arguments), check=True, capture_output=True, text=True).stdout


def _command(arguments: tuple[str, ...]) -> list[str]:
    archive = [] if arguments[0] == "init" else ["--archive", str(ARCHIVE)]
    return [str(Path(sys.executable).with_name("chauban")), *archive, *arguments]


def _tool(*arguments: str, folder: Path, lines: int = 5) -> None:
    print(f"$ {' '.join(arguments)}", flush=True)
    output = subprocess.run(arguments, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
    print("\n".join(output[:lines]) + ("\n…" if len(output) > lines else ""), flush=True)


def _refused_signed() -> str:
    lines = _output("transfer", "list", "--state", "refused", "--limit", "1000", "--json").splitlines()
    return next(str(row["id"]) for row in map(json.loads, lines) if row["case_code"] == "H99.15.2025.007")


def _accepted(code: str) -> str:
    lines = _output("transfer", "list", "--state", "accepted", "--limit", "1000", "--json").splitlines()
    return next(str(row["aip_id"]) for row in map(json.loads, lines) if row["case_code"] == code)


def _first_case() -> str:
    lines = _output("transfer", "list", "--state", "accepted", "--limit", "1000", "--json").splitlines()
    return str(min(json.loads(line)["case_code"] for line in lines))


def _stored_container(store: str) -> Path:
    return min((ARCHIVE / store / "aips").rglob("*.tar"))


def _damage(path: Path) -> None:
    """Flip one bit in the middle of a file, as a failing disk would."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


if __name__ == "__main__":
    main()

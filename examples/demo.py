"""The demonstration: makes an archive in `demo/`, takes in the example case files, and shows what happened.

Every step is a command that anybody can type; nothing here is hidden from the user.
"""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from making.demo_tsa import demo_authority

from model.text import N_, _, language_of_locale, use_language

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "demo"
ARCHIVE = PLACE / "archive"
HISTORICAL = "demo/historical"
TOKEN = "demo/token"
MARKER = PLACE / "made-by-make-demo"
HANOI = timezone(timedelta(hours=7))
REGISTRATION = "DK-2026/01"
SIGNED, DIGITISED = "H99.15.2025.007", "H99.15.1998.003"
"""Case files of section 3, and of sections 7 to 9."""
COMPILED = "H99.15.2025.03.KTHT"
"""The case file that is compiled on the desk."""
OLD_FONDS = "H99.15.02"
REQUEST = (
    *("--request-id", "YC-2026/15", "--purpose-text", "Chứng minh việc bồi thường (minh họa)"),
    *("--recipient", "Phạm Thị Mẫu", "--recipient-id", "001099000000", "--valid-days", "30", "--copies", "1"),
)
MINUTES = (
    *("--code", "05/BB-KTHT", "--date", "15/04/2025", "--type", "Biên bản", "--signer", "Trần Thị Minh Họa"),
    *("--organ", "Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu)"),
    *("--subject", "Biên bản kiểm tra hiện trường kè bờ suối Ngọc"),
)
PEOPLE = {
    "lan": ("Nguyễn Thị Lan", ("administrator", "records-officer")),
    "hoa": ("Trần Thị Hoa", ("council-member",)),
    "tuan": ("Lê Văn Tuấn", ("council-member",)),
    "minh": ("Vũ Đức Minh", ("council-member",)),
    "son": ("Bùi Ngọc Sơn", ("approver",)),
}
"""Login -> name and roles; nobody stands on two sides of one decision."""


def main() -> None:
    """Run the demonstration from an empty folder; running it again starts afresh."""
    use_language(os.environ.get("CHAUBAN_LANG") or language_of_locale())
    os.chdir(ROOT)
    _prepare()
    _export("CHAUBAN_HOME", "demo/archive")
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
    _say(N_("7. One case file, and its first document streamed out of the stored package"))
    _run("show", DIGITISED)
    _run("export", DIGITISED, "--document", "1", "--to", "demo/document-1.pdf")
    _say(N_("   … and given out to somebody who asked, with a certificate (documentation/certificate.pdf in demo/dip)"))
    _run("export", DIGITISED, "--as", "dip", "--to", "demo/dip", *REQUEST)
    _say(N_("8. The package verified; then opened without our program, with tar and sha256sum"))
    _run("verify", DIGITISED)
    container = Path(_output("export", DIGITISED, "--as", "aip", "--to", "demo/package.tar").strip())
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
    _say(N_("11. The document axis: messages of two agencies become a case file, by the yearly list"))
    case = _compiling()
    _say(N_("12. The case file is closed: first what is missing is said, then it is handed over to the archive"))
    _closing(case)
    _say(N_("13. To the historical archive: packages by rule, its own checks, its approval, its receipt"))
    _handing_over()
    _say(N_("14. Retention: what is due, and why; five persons with roles, so that nobody decides alone"))
    _due()
    _say(N_("15. Review and destruction: the hold of a court comes after the decision, and still stops one record"))
    _reviewing()
    _say(N_("That was the demonstration. Try next:"))
    for command in (
        "chauban --archive demo/archive search --facets 'quyết định'",
        f"chauban --archive demo/archive export {DIGITISED} --as files --to demo/files",
        "chauban template my-template",
        "chauban --archive demo/archive ingest FOLDER",
        "chauban --archive demo/archive casefile tray",
        "chauban --archive demo/archive retention review list",
        "chauban --archive demo/archive doctor",
    ):
        print(f"  .venv/bin/{command}")
    print(_("Papers to look at: {places}").format(places="demo/*.pdf, demo/nop-luu, demo/tiep-nhan, demo/huy"))


def _signatures() -> None:
    """Trust the demonstration's authority, take in its case file, and let an officer decide about it."""
    _trust("")
    _run("signature", "check", "examples/signed/01-dat-ten-duong", "--report", "demo/signatures.pdf", codes={3})
    _run("ingest", "examples/signed/01-dat-ten-duong", codes={3})
    transfer = _refused_signed()
    _run("transfer", "resolve", transfer, "--accept", "--because", "demonstration: kept as evidence of what was filed")
    _run("signature", "show", SIGNED)
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
    _run("evidence", "verify", SIGNED)
    _run("evidence", "calendar")
    _run("export", SIGNED, "--as", "proof", "--to", "demo/proof")
    root = str(ROOT / "examples/signed/trust/tsa/root.cer")
    _tool("python3", "-I", "verify.pyz", "--roots", os.path.relpath(root, PLACE / "proof"), folder=PLACE / "proof")
    _run("audit", "verify")


def _compiling() -> str:
    """Lay messages and a loose file on the desk, sorted by the yearly list; return the case file they make."""
    _run("agency", "import", "examples/axis/co-quan.csv")
    _run("casefile", "plan", "import", "examples/axis/danh-muc-ho-so-2025.xlsx", "--year", "2025", "--agency", "H99.15")
    _run("casefile", "add", "examples/axis/messages", codes={3})
    _say(
        N_("   One message was cut off on its way and is refused; one belongs to another matter and stays in the tray")
    )
    _run("casefile", "tray")
    _run("casefile", "refused")
    _say(N_("   A document that came on paper is scanned and added by hand"))
    _run("casefile", "add", "examples/axis/bien-ban-kiem-tra-05.pdf", "--file", "03.KTHT", "--year", "2025", *MINUTES)
    _run("casefile", "list")
    case = str(json.loads(_output("casefile", "list", "--json").splitlines()[0])["id"])
    _run("casefile", "show", case)
    return case


def _closing(case: str) -> None:
    """Close the case file: refused for what is missing, then with a reason; print its papers."""
    _run("casefile", "close", case, codes={3})
    reason = "Sở Xây dựng xác nhận Phụ lục 2 chỉ gửi bản giấy (minh họa)"
    _run("casefile", "close", case, "--accept-incomplete", "--because", reason)
    _run("show", COMPILED)
    _run("casefile", "register", "--incoming", "--year", "2025", "--to", "demo/so-van-ban-den.pdf")
    _run("casefile", "register", "--outgoing", "--year", "2025", "--to", "demo/so-van-ban-di.pdf")
    _run("casefile", "contents", case, "--to", "demo/muc-luc-van-ban.pdf")


def _handing_over() -> None:
    """Hand permanent case files over to a second archive, which receives them by its own procedure."""
    receiver = ("--receiver", "Lưu trữ lịch sử tỉnh Lam Giang (hư cấu)", "--receiver-code", "H99.01")
    because = ("--registration", REGISTRATION, "--because", "nộp lưu năm 2026 (minh họa)")
    to = ("--to", "demo/nop-luu", *receiver, *because)
    _run("transfer", "prepare", "--ended-before", "2026-01-01", "--dry-run", *to)
    _run("transfer", "prepare", "--ids", COMPILED, "--ids", "H99.15.2022.007", *to)
    packages = sorted(str(path) for path in Path("demo/nop-luu/packages").iterdir())
    _run("package", "check", packages[0])
    _say(N_("   Now at the historical archive, which has its own folder, checks and officers"))
    _run("init", HISTORICAL, "--name", "Lưu trữ lịch sử (minh họa)")
    _trust(HISTORICAL)
    agency = ("--agency", "H99.15", "--agency-name", "UBND huyện Bình An (hư cấu)")
    announced = ("--packages", "2", "--documents", "11", "--list", "demo/nop-luu/muc-luc-ho-so.xlsx")
    _run("submission", "register", "--code", REGISTRATION, *agency, *announced, archive=HISTORICAL)
    _run("submission", "receive", REGISTRATION, "demo/nop-luu/packages", archive=HISTORICAL)
    _run("submission", "show", REGISTRATION, archive=HISTORICAL)
    _run("submission", "approve", REGISTRATION, "--because", "đủ hồ sơ, đúng danh mục (minh họa)", archive=HISTORICAL)
    _run("submission", "documents", REGISTRATION, "--to", "demo/tiep-nhan", "--as", "pdf", archive=HISTORICAL)
    _run("submission", "receipt", REGISTRATION, "--to", "demo/tiep-nhan/bien-nhan.json", archive=HISTORICAL)
    _say(N_("   Back at the agency: only its receipt makes the case files count as handed over"))
    handover = str(json.loads(_output("transfer", "handovers", "--json").splitlines()[0])["id"])
    receipt = "demo/tiep-nhan/bien-nhan.receipt.json"
    _run("transfer", "receipt", handover, receipt, "--because", "biên nhận của Lưu trữ lịch sử (minh họa)")
    _run("transfer", "handovers", handover)


def _due() -> None:
    """Take in case files that ended long ago, make accounts, and ask what is due and why."""
    settings = ARCHIVE / "chauban.toml"
    text = settings.read_text(encoding="utf-8").replace("cooling_off_days = 3", "cooling_off_days = 0")
    settings.write_text(text, encoding="utf-8")
    print(
        _("(For the demonstration the cooling-off of three days is set to none: cooling_off_days = 0 in chauban.toml)")
    )
    _run("ingest", "examples/old", "--workers", "2")
    (PLACE / "password.txt").write_text("chỉ để trình diễn\n", encoding="utf-8")
    _export("CHAUBAN_TOKEN_FILE", TOKEN)
    for login, (name, roles) in PEOPLE.items():
        held = [word for role in roles for word in ("--role", role)]
        _run("user", "add", login, "--name", name, *held, "--password-file", "demo/password.txt")
        if login == "lan":
            _log_in(login)
    _run("retention", "due", "--fonds", OLD_FONDS)
    _run("retention", "explain", "H99.15.2006.051")


def _reviewing() -> None:
    """Walk one review from the list to the certificate; a hold stops one record on the way."""
    title = ("--title", "Hồ sơ năm 2006-2009 hết thời hạn bảo quản (minh họa)")
    _run("retention", "review", "open", "--fonds", OLD_FONDS, *title, "--because", "xét hủy năm nay")
    number = str(json.loads(_output("retention", "review", "list", "--json").splitlines()[0])["number"])
    _decide(number)
    _log_in("lan")
    _run("retention", "review", "show", number)
    _review("confirm", number, "--phrase", f"HỦY {number} / 3 HỒ SƠ", "--because", "đúng quyết định")
    _say(N_("   Before it is executed, a court asks for one of the three case files: a hold is placed"))
    hold = ("--title", "Vụ án dân sự (hư cấu)", "--mandate", "Công văn số 09/TA của Tòa án (hư cấu)")
    _run("retention", "hold", "place", *hold, "--record", "H99.15.2009.053", "--because", "Tòa án yêu cầu giữ")
    _review("execute", number, "--because", "thi hành quyết định hủy")
    _run("retention", "review", "show", number, "--items")
    _review("certificate", number, "--to", "demo/huy")
    _say(N_("   What is left of a destroyed case file, and why the other one is still here"))
    _run("show", "H99.15.2006.051")
    _run("retention", "explain", "H99.15.2009.053")
    _say(N_("   And all that is kept is still whole; the log of all acts too"))
    _run("verify", "--all")
    _run("audit", "verify")


def _decide(number: str) -> None:
    """Let the council vote, the competent body give its opinion, and the approver decide; each is another person."""
    today = datetime.now(UTC).astimezone(HANOI).date().isoformat()
    council = ("--chair", "hoa", "--secretary", "minh", "--member", "tuan")
    founded = ("--decision", "31/QĐ-UBND", "--date", today)
    _review("appoint", number, *council, *founded, "--because", "thành lập Hội đồng xét hủy")
    for login in ("hoa", "tuan", "minh"):
        _log_in(login)
        _review("vote", number, "--destroy", "--all", "--because", "hết giá trị sử dụng")
    _review("minutes", number, "--because", "Hội đồng đã họp và thống nhất")
    _log_in("lan")
    opinion = "Ý kiến thẩm định (minh họa): thống nhất với danh mục hồ sơ, tài liệu hết giá trị.\n"
    (PLACE / "tham-dinh.txt").write_text(opinion, encoding="utf-8")
    body = ("--authority", "Sở Nội vụ tỉnh Lam Giang (hư cấu)", "--date", today)
    _review("appraisal", number, "demo/tham-dinh.txt", *body, "--because", "đã có ý kiến thẩm định")
    _log_in("son")
    _review("approve", number, "--decision", "40/QĐ-UBND", "--date", today, "--because", "đồng ý hủy")


def _review(verb: str, number: str, *words: str) -> None:
    _run("retention", "review", verb, number, *words)


def _log_in(login: str) -> None:
    _run("login", login, "--password-file", "demo/password.txt")


def _trust(archive: str) -> None:
    """Trust the demonstration's authority in an archive."""
    root, ca = "examples/signed/trust/tsa/root.cer", "examples/signed/trust/ca.cer"
    fingerprint = hashlib.sha256((ROOT / root).read_bytes()).hexdigest()
    purposes = [part for purpose in ("document-signer", "agency-seal", "tsa") for part in ("--purpose", purpose)]
    because = ("--because", "demonstration")
    _run("trust", "add", root, *purposes, "--fingerprint", fingerprint, *because, archive=archive)
    lists = ("examples/signed/trust/root.crl", "examples/signed/trust/ca.crl")
    _run("trust", "add", ca, *lists, *because, archive=archive)


def _prepare() -> None:
    if PLACE.exists() and not MARKER.exists():
        sys.exit(_("The folder {path} was not made by this demonstration; move it away first.").format(path=PLACE))
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    MARKER.touch()


def _say(message: str) -> None:
    print(f"\n\033[1m{_(message)}\033[0m" if sys.stdout.isatty() else f"\n== {_(message)}", flush=True)


def _export(name: str, value: str) -> None:
    """Set a variable for the commands that follow, as one does in a shell."""
    os.environ[name] = value
    print(f"$ export {name}={value}", flush=True)


def _run(*arguments: str, codes: frozenset[int] | set[int] = frozenset({0}), archive: str = "") -> None:
    arguments = ("--archive", archive, *arguments) if archive and arguments[0] != "init" else arguments
    print(f"$ chauban {_shown(arguments)}", flush=True)
    code = subprocess.run(_command(arguments), check=False).returncode
    if code not in codes:
        sys.exit(_("The step ended with exit code {code}, which was not expected here.").format(code=code))


def _output(*arguments: str) -> str:
    return subprocess.run(_command(arguments), check=True, capture_output=True, text=True).stdout


def _shown(arguments: tuple[str, ...]) -> str:
    """Return arguments as one types them: quoted only where a shell would otherwise split them."""
    return " ".join(word if re.fullmatch(r"[\w%+=:,./@-]+", word) else shlex.quote(word) for word in arguments)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [str(Path(sys.executable).with_name("chauban")), *arguments]


def _tool(*arguments: str, folder: Path, lines: int = 5) -> None:
    print(f"$ {' '.join(arguments)}", flush=True)
    output = subprocess.run(arguments, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
    print("\n".join(output[:lines]) + ("\n…" if len(output) > lines else ""), flush=True)


def _refused_signed() -> str:
    lines = _output("transfer", "list", "--state", "refused", "--limit", "1000", "--json").splitlines()
    return next(str(row["id"]) for row in map(json.loads, lines) if row["case_code"] == SIGNED)


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

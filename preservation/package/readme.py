"""The page in every package that tells a finder, decades later, what this is and how to check it."""

from preservation.package.mets import Heading

_TEXT = """\
GÓI HỒ SƠ LƯU TRỮ / ARCHIVAL PACKAGE
{rule}
{objid}
{title}

TIẾNG VIỆT
Gói này lưu giữ một hồ sơ đã kết thúc: các tệp tài liệu đúng như khi nộp, và mọi thông tin mô tả,
kiểm tra về chúng. Gói tự nói hết về mình; không cần chương trình nào để đọc.

- Tài liệu: thư mục representations/rep1/data, dưới thư mục chứa tệp METS.xml.
- Mô tả hồ sơ và từng tài liệu: chauban/description.jsonl ở thư mục trên cùng (mỗi dòng là văn bản JSON).
- Nguồn gốc, định dạng, mã băm của từng tệp: PREMIS_rep1.xml; các việc đã làm: PREMIS.xml.
- Kiểm tra không tệp nào bị thay đổi: trong thư mục trên cùng, chạy
      sha512sum -c manifest-sha512.txt
      sha512sum -c tagmanifest-sha512.txt

ENGLISH
This package keeps one finished case file: its files exactly as they were handed in, and everything
known about them. It says everything about itself; no program is needed to read it.

- The documents: folder representations/rep1/data, under the folder that holds METS.xml.
- What they are: chauban/description.jsonl in the top folder (each line is plain JSON text).
- Origin, format and digests of each file: PREMIS_rep1.xml; what was done to them: PREMIS.xml.
- To check that no file has changed: in the top folder, run
      sha512sum -c manifest-sha512.txt
      sha512sum -c tagmanifest-sha512.txt

Chuẩn / standards: BagIt 1.0 (RFC 8493), METS, PREMIS 3, E-ARK CSIP. Profile {profile}, format 1, version {version}.
"""


def readme(heading: Heading) -> str:
    """Return `documentation/README.txt` of a package, in Vietnamese and English."""
    title = " ".join((heading.case_file.title or heading.case_file.file_code).split())
    return _TEXT.format(
        rule="=" * 36,
        objid=heading.objid,
        title=title.encode("utf-8", "backslashreplace").decode("utf-8"),
        profile=heading.profile.name,
        version=heading.version,
    )

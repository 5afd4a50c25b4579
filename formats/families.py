"""The families of formats that one routine checks, found by PRONOM's MIME type or identifier, or by extension."""

from formats.content import extension_of
from model.formats import UNKNOWN_PUID, FormatIdentification

PDF = "pdf"
XML = "xmldocument"
HTML = "html"
RTF = "rtf"
TEXT = "plaintext"
TABLE = "table"
JSON = "jsontext"
MAIL = "mail"
IMAGE = "image"
OOXML = "ooxml"
ODF = "odf"
EPUB = "epub"
ZIP = "zips"
OLE = "ole"
SOUND = "sound"
TAR = "tars"

_BY_MIME = {
    "application/pdf": PDF,
    "application/xml": XML,
    "text/xml": XML,
    "application/xhtml+xml": HTML,
    "image/svg+xml": XML,
    "application/gml+xml": XML,
    "text/html": HTML,
    "application/rtf": RTF,
    "text/rtf": RTF,
    "text/plain": TEXT,
    "text/csv": TABLE,
    "text/tab-separated-values": TABLE,
    "application/json": JSON,
    "message/rfc822": MAIL,
    "image/jpeg": IMAGE,
    "image/png": IMAGE,
    "image/tiff": IMAGE,
    "image/gif": IMAGE,
    "image/bmp": IMAGE,
    "image/x-ms-bmp": IMAGE,
    "image/webp": IMAGE,
    "image/jp2": IMAGE,
    "application/zip": ZIP,
    "application/java-archive": ZIP,
    "application/epub+zip": EPUB,
    "application/msword": OLE,
    "application/vnd.ms-excel": OLE,
    "application/vnd.ms-powerpoint": OLE,
    "application/vnd.ms-outlook": OLE,
    "audio/x-wav": SOUND,
    "application/x-tar": TAR,
    "audio/wav": SOUND,
    "audio/vnd.wave": SOUND,
}
_BY_PREFIX = (
    ("application/vnd.openxmlformats-officedocument.", OOXML),
    ("application/vnd.ms-word.", OOXML),
    ("application/vnd.ms-excel.", OOXML),
    ("application/vnd.ms-powerpoint.", OOXML),
    ("application/vnd.oasis.opendocument.", ODF),
    ("application/vnd.etsi.asic", ZIP),
)
_BY_PUID = {
    "fmt/111": OLE,
    "x-fmt/430": OLE,
    "fmt/494": OLE,
    "fmt/189": OOXML,
    "fmt/523": OOXML,
    "fmt/445": OOXML,
    "fmt/487": OOXML,
    "fmt/278": MAIL,
    "fmt/950": MAIL,
    "x-fmt/265": TAR,
    "fmt/720": MAIL,
    "x-fmt/263": ZIP,
    "x-fmt/111": TEXT,
    "x-fmt/16": TEXT,
    "x-fmt/22": TEXT,
    "x-fmt/18": TABLE,
    "x-fmt/282": TEXT,
    "fmt/880": JSON,
    "fmt/1149": TEXT,
    "fmt/817": JSON,
    "fmt/754": OLE,
    "fmt/755": OLE,
    "fmt/1341": ZIP,
    "fmt/1564": ZIP,
}
_BY_EXTENSION = {
    "pdf": PDF,
    "xml": XML,
    "xsd": XML,
    "xsl": XML,
    "svg": XML,
    "html": HTML,
    "htm": HTML,
    "xhtml": HTML,
    "rtf": RTF,
    "txt": TEXT,
    "csv": TABLE,
    "tsv": TABLE,
    "json": JSON,
    "eml": MAIL,
    "jpg": IMAGE,
    "jpeg": IMAGE,
    "png": IMAGE,
    "tif": IMAGE,
    "tiff": IMAGE,
    "gif": IMAGE,
    "bmp": IMAGE,
    "webp": IMAGE,
    "docx": OOXML,
    "docm": OOXML,
    "xlsx": OOXML,
    "xlsm": OOXML,
    "pptx": OOXML,
    "pptm": OOXML,
    "odt": ODF,
    "ods": ODF,
    "odp": ODF,
    "odg": ODF,
    "epub": EPUB,
    "zip": ZIP,
    "asice": ZIP,
    "asics": ZIP,
    "doc": OLE,
    "xls": OLE,
    "ppt": OLE,
    "msg": OLE,
    "wav": SOUND,
    "tar": TAR,
}
_TEXTUAL = frozenset({XML, HTML, RTF, TEXT, TABLE, JSON, MAIL})
_ZIPPED = frozenset({OOXML, ODF, EPUB})


def family_of(identification: FormatIdentification, name: str) -> str:
    """Return the family that checks a file; empty when none does.

    The content decides. The extension decides only where the content was not recognised, or only as
    plain text, ZIP or OLE2 in general: a `.pdf` without PDF header is a damaged PDF, not an unknown file.
    """
    claimed = _BY_EXTENSION.get(extension_of(name), "")
    if identification.puid == UNKNOWN_PUID:
        return claimed
    found = _by_content(identification)
    if found == TEXT:
        return claimed or TEXT
    if found == ZIP and claimed in _ZIPPED:
        return claimed
    if not found and claimed in _TEXTUAL and "match on extension only" in " ".join(identification.warnings):
        return claimed
    if not found and identification.basis.startswith("extension match") and "byte match" not in identification.basis:
        return claimed
    if found == HTML and claimed == XML:
        return XML
    return found


def _by_content(identification: FormatIdentification) -> str:
    family = _BY_PUID.get(identification.puid, "")
    for mime in identification.mime.split(", "):
        family = family or _BY_MIME.get(mime, "")
        for prefix, named in _BY_PREFIX:
            if not family and mime.startswith(prefix):
                family = named
    if not family and identification.mime.startswith("text/"):
        return TEXT
    return family

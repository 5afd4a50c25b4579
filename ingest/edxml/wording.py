"""The words for the codes of messages: status, business and priority.

Source:
    QCVN 102:2016/BTTTT; status codes as the document axis's own software words them.
"""

from collections.abc import Mapping

from ingest.edxml.values import Business
from model.text import N_

STATUS_WORDS: Mapping[str, tuple[str, str]] = {
    "01": ("Đã đến", N_("Arrived")),
    "02": ("Từ chối tiếp nhận", N_("Refused by the receiver")),
    "03": ("Đã tiếp nhận", N_("Accepted by the receiver")),
    "04": ("Đã đến, chờ phân công", N_("Arrived, waiting to be assigned")),
    "05": ("Đã phân công, đang xử lý", N_("Assigned, being dealt with")),
    "06": ("Đã xử lý xong", N_("Dealt with")),
    "13": ("Thu hồi văn bản", N_("Recall of the document")),
    "15": ("Đồng ý thu hồi hoặc cập nhật", N_("Recall or update agreed to")),
    "16": ("Từ chối thu hồi hoặc cập nhật", N_("Recall or update refused")),
}
"""Status code -> (Vietnamese word, English word)."""

BUSINESS_WORDS: Mapping[str, tuple[str, str]] = {
    Business.NEW.value: ("Văn bản mới", N_("New document")),
    Business.RECALL.value: ("Thu hồi văn bản", N_("Recall of the document")),
    Business.UPDATE.value: ("Cập nhật văn bản", N_("Update of the document")),
    Business.REPLACE.value: ("Thay thế văn bản", N_("Replacement of a document")),
}
"""`BussinessDocType` -> (Vietnamese word, English word)."""

PRIORITY_WORDS: Mapping[str, tuple[str, str]] = {
    "0": ("Thường", N_("Ordinary")),
    "1": ("Khẩn", N_("Urgent")),
    "2": ("Thượng khẩn", N_("Very urgent")),
    "3": ("Hỏa tốc", N_("Express")),
    "4": ("Hỏa tốc hẹn giờ", N_("Express by a set hour")),
}
"""`Priority` -> (Vietnamese word, English word)."""


def word_of(table: Mapping[str, tuple[str, str]], code: str, language: str) -> str:
    """Return the word of a code in `vi` or `en`; the code itself when the table does not know it."""
    words = table.get(code)
    if words is None:
        return code
    return words[0] if language == "vi" else words[1]

"""The page of Decree 30/2020/NĐ-CP: paper, margins, sizes and the words of the head.

Source:
    Decree 30/2020/NĐ-CP, Annex I, sections I and II.
"""

from dataclasses import dataclass

from archive.forms.layout import Head
from archive.forms.values import Issuer
from archive.forms.words import DOTS, shown
from preservation.printing.page import BOLD
from preservation.printing.setting import text_width

PAGE = (210.0, 297.0)
"""A4 upright, in millimetres."""
NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
BODY = 13
"""Size of the text in points; the decree has 13 to 14."""
TABLE = 11
"""Size of the text in tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Margins in millimetres."""

    top: float
    bottom: float
    left: float
    right: float


MARGINS = Margins(top=20, bottom=20, left=30, right=15)
"""The decree has 20-25, 20-25, 30-35 and 15-20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Lengths of the lines under the names of the head, in points."""

    agency: float
    motto: float


def rule_lengths(issuer: Issuer) -> Rules:
    """Return how long the lines are: under the agency a third to half of its name, under the motto all of it."""
    agency = text_width(shown(issuer.agency).upper(), BOLD, 12)
    return Rules(agency=min(max(agency * 0.4, 36), 90), motto=text_width(MOTTO, BOLD, BODY))


def head_lines(head: Head) -> tuple[str, str, str]:
    """Return the superior, the agency and the number, as they stand at the left of the head."""
    issuer = head.issuer
    number = f"Số: {issuer.number or DOTS}" if head.numbered else ""
    return issuer.superior.upper(), issuer.agency.upper(), number

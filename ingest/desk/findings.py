"""What can be odd about a yearly plan, and what a case file lacks when it is closed."""

from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_D28 = "Decree 30/2020/NĐ-CP Art. 28"
_D29 = "Decree 30/2020/NĐ-CP Art. 29"
_D18 = "Decree 30/2020/NĐ-CP Art. 18"
_QCVN = "QCVN 102:2016/BTTTT"
_TT05 = "Circular 05/2025/TT-BNV Annex III"

# The yearly plan (danh mục hồ sơ).

PLAN_UNREADABLE = finding_kind(
    "plan.unreadable",
    _E,
    N_("The list cannot be read: {why}."),
    remedy=N_("Save it as .xlsx or as “CSV UTF-8”; `chauban casefile plan template` writes an empty one."),
    source=_D28,
)
PLAN_NO_NUMBER = finding_kind(
    "plan.no-number",
    _E,
    N_("Row {row} has no number and notation, so it was left out: “{text}”."),
    remedy=N_("Give the case file its number and notation; a heading has neither number nor retention period."),
    source=_D28,
)
PLAN_NO_TITLE = finding_kind(
    "plan.no-title",
    _E,
    N_("Row {row} has no title, so it was left out: {number}."),
    remedy=N_("Give the case file {number} a title."),
    source=_D28,
)
PLAN_TWICE = finding_kind(
    "plan.number-twice",
    _E,
    N_("Row {row} has the number {number}, which row {first} has already; it was left out."),
    remedy=N_("Give each case file of the year a number of its own."),
    source=_D28,
)
PLAN_NO_RETENTION = finding_kind(
    "plan.no-retention",
    _W,
    N_("Row {row} ({number}) has no retention period."),
    remedy=N_("Enter it, or give it when the case file is closed."),
    source=_D28,
)
PLAN_OTHER_RETENTION = finding_kind(
    "plan.other-retention",
    _I,
    N_("The retention period “{value}” of row {row} ({number}) is none of the circular's; it is kept as “Khác” (07)."),
    source="Circular 05/2025/TT-BNV Annex I",
)
PLAN_UNKNOWN_VALUE = finding_kind(
    "plan.unknown-value",
    _W,
    N_("“{value}” in the column {title} of row {row} is not known and was left out."),
    remedy=N_("Take a word of the circular's list."),
    source="Circular 05/2025/TT-BNV Annex I",
)
PLAN_TOO_LONG = finding_kind(
    "plan.too-long",
    _E,
    N_("Row {row} was left out: its number has more than {limit} characters, or its title more than 1000."),
    remedy=N_("Shorten it."),
    source="Circular 05/2025/TT-BNV Annex III",
)
PLAN_UNKNOWN_COLUMN = finding_kind(
    "plan.unknown-column",
    _I,
    N_("The column “{title}” means nothing to this program and was not read."),
)
PLAN_EMPTY = finding_kind(
    "plan.empty",
    _E,
    N_("The list names no case file."),
    remedy=N_("Take the column titles of `chauban casefile plan template`."),
    source=_D28,
)

# A case file that is closed.

EMPTY = finding_kind(
    "casefile.empty",
    _E,
    N_("The case file has no document to hand over."),
    remedy=N_("Add its documents, or leave it out."),
    source=_D29,
)
MISSING = finding_kind(
    "casefile.missing",
    _E,
    N_("{title} of the case file is not given."),
    remedy=N_("Give it with `chauban casefile close` (--maintenance, --mode, --title) or `chauban casefile open`."),
    source=_TT05,
)
DOCUMENT_MISSING = finding_kind(
    "casefile.document-missing",
    _E,
    N_("{title} is not given."),
    remedy=N_("Give it with `chauban casefile describe` (--code, --date, --type, --organ, --subject)."),
    source=_TT05,
)
ANSWER_WITHOUT_QUESTION = finding_kind(
    "casefile.answer-without-question",
    _W,
    N_("It answers {code}, which is not in the case file."),
    remedy=N_("Add the document that is answered, or let it be if it came on paper."),
    source=_D29,
)
QUESTION_ELSEWHERE = finding_kind(
    "casefile.question-elsewhere",
    _W,
    N_("It answers {code}, which is in another place on the desk ({place})."),
    remedy=N_("Put both into the same case file."),
    source=_D29,
)
QUESTION_WITHOUT_ANSWER = finding_kind(
    "casefile.question-without-answer",
    _W,
    N_("An answer was due on {date}, and none is in the case file."),
    remedy=N_("Add the answer, or close the case file as it is."),
    source=_D29,
)
ATTACHMENT_MISSING = finding_kind(
    "casefile.attachment-missing",
    _E,
    N_("The attachment “{name}” is named in the message and is not there."),
    remedy=N_("Ask the sender to send the message again with all attachments."),
    source=_QCVN,
)
NO_CONTENT = finding_kind(
    "casefile.no-content",
    _E,
    N_("The message carries no document: it has no attachment."),
    remedy=N_("Ask the sender for the document."),
    source=_QCVN,
)
ANNEX_MISSING = finding_kind(
    "casefile.annex-missing",
    _E,
    N_("The annex “{name}” is named in the message, and there is no file beside the document itself for it."),
    remedy=N_("Ask the sender for the annex."),
    source=_D29,
)
PAGES_DIFFER = finding_kind(
    "casefile.pages-differ",
    _W,
    N_("The message says {claimed} pages, and the files have {counted}."),
    remedy=N_("Compare the document with what was issued; a page or an annex may be missing."),
    source=_D29,
)
PAGES_UNKNOWN = finding_kind(
    "casefile.pages-unknown",
    _W,
    N_("The number of pages cannot be counted, and nobody gives it; {taken} is taken."),
    remedy=N_("Give it with `chauban casefile describe` and --pages, if that is not right."),
    source=_TT05,
)
NO_PERSON = finding_kind(
    "casefile.no-person-signature",
    _W,
    N_("It has no signature of a person with authority."),
    remedy=N_("Ask the issuing agency for the signed original."),
    source="Decree 30/2020/NĐ-CP Art. 13",
)
NO_AGENCY = finding_kind(
    "casefile.no-agency-signature",
    _W,
    N_("It has no signature of the agency."),
    remedy=N_("Ask the issuing agency for the signed original."),
    source="Decree 30/2020/NĐ-CP Art. 13, Art. 18",
)
NO_SIGNATURE = finding_kind(
    "casefile.no-signature",
    _W,
    N_("None of its files is signed."),
    remedy=N_("Ask the issuing agency for the signed original."),
    source="Decree 30/2020/NĐ-CP Art. 13",
)
SIGNATURE_ORDER = finding_kind(
    "casefile.signature-order",
    _W,
    N_("The agency signed before the person did."),
    remedy=N_("Ask the issuing agency whether this is the original."),
    source="Decree 30/2020/NĐ-CP Art. 18",
)
SIGNATURES_UNKNOWN = finding_kind(
    "casefile.signatures-unknown",
    _W,
    N_("It cannot be told who signed it: the certificates do not say whether they are a person's or an agency's."),
    source="Decree 30/2020/NĐ-CP Art. 13",
    undecided=True,
)
RECALL_UNCONFIRMED = finding_kind(
    "casefile.recall-unconfirmed",
    _W,
    N_("It was recalled, and nothing on the desk confirms that the recall was agreed to."),
    remedy=N_("Add the status message that agrees to the recall, if there is one."),
    source=_D18,
)
RECALL_BY_ANOTHER = finding_kind(
    "casefile.recall-by-another",
    _W,
    N_("{organ} recalls or replaces it, and did not issue it; this has no effect."),
    remedy=N_("Ask the issuing agency."),
    source=_D18,
)
DATE_OUTSIDE = finding_kind(
    "casefile.date-outside",
    _W,
    N_("Its date {date} is outside the case file ({start} to {end})."),
    remedy=N_("Check the date, and whether it belongs here."),
    source=_TT05,
)
EXCLUDED = finding_kind(
    "casefile.excluded",
    _I,
    N_("It is not handed over: {why}. It stays on the desk."),
    remedy=N_("Once the case file is in the archive, `chauban casefile discard` takes it off the desk."),
    source=_D29,
)
SECRET = finding_kind(
    "casefile.secret",
    _E,
    N_("It is marked as secret; secret documents may not be handed over to this archive."),
    remedy=N_("Tell the officer responsible for state secrets, and take it out."),
    source="Law on Protection of State Secrets 29/2018/QH14",
)
CONTENT_LOST = finding_kind(
    "casefile.content-lost",
    _E,
    N_("The file “{name}” on the desk is missing or is not what was received."),
    remedy=N_("Restore the folder `desk` from a backup, or add the file again."),
    source="Circular 05/2025/TT-BNV Art. 24",
)
SAME_FILE = finding_kind(
    "casefile.same-file",
    _I,
    N_(
        "The attachment “{name}” is the same file as one of document {first}: it is handed over there, and in the"
        " message."
    ),
    source="Circular 05/2025/TT-BNV Art. 24",
)

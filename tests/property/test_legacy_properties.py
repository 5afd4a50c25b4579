"""Whatever a legacy description holds, it is read without an error, keeps what it says, and tells little of much."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.legacy.check import check_legacy
from ingest.legacy.values import language_codes, period_code, type_code
from ingest.sources.descriptor import read_description
from ingest.sources.discovery import discover
from ingest.sources.values import Limits
from model.elements import CODE_TABLES
from tests.fakes.legacy_packages import case_fields, document_fields, make_package

_LIMITED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_CASE = sorted(case_fields())
_DOCUMENT = sorted(document_fields(1))
_text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=40)


@given(text=_text)
def test_words_become_codes_or_nothing(text: str) -> None:
    assert period_code(text) in {*CODE_TABLES["maintenance"], ""}
    assert type_code(text) in {*CODE_TABLES["typeName"], ""}
    assert set(language_codes(text)[0]) <= set(CODE_TABLES["language"])


@_LIMITED
@given(
    kind=st.sampled_from(["xml", "attributes", "json", "csv2", "xlsx"]),
    case=st.dictionaries(st.sampled_from([name for name in _CASE if name not in ("FileCode", "Title")]), _text),
    document=st.dictionaries(st.sampled_from(_DOCUMENT), _text),
    count=st.integers(1, 12),
)
def test_any_values_are_read_checked_and_kept(
    kind: str, case: dict[str, str], document: dict[str, str], count: int
) -> None:
    docs = [document_fields(ordinal, **{"FileName": None, **document}) for ordinal in range(1, count + 1)]
    with tempfile.TemporaryDirectory() as place:
        folder = make_package(Path(place) / "p", kind, case=case_fields(**case), docs=docs, files=())
        check_legacy(folder)
        (submission,) = discover([folder], Limits())
        work = Path(place) / "work"
        work.mkdir()
        description = read_description(submission, work, Limits())
        listed = list(description.documents)
        assert [item.ordinal for item in listed] == list(range(1, count + 1))
        assert len({item.doc_code for item in listed}) == count
        assert len([finding for finding in description.findings if finding.code.startswith("legacy.")]) < 60
        for item in listed:
            assert item.type_name in CODE_TABLES["typeName"]

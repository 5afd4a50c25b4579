"""What is found, in which order, and what the page says."""

import json
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from archive.search.index import SearchIndex
from archive.search.schema import SCHEMA_VERSION
from archive.search.searching import MAX_LIMIT
from archive.search.values import SNIPPET_MARKS, IndexEntry, Level, SearchRequest, Sort
from model.errors import InputError


def entry(serial: int, title: str, **values: object) -> IndexEntry:
    named: dict[str, object] = {"level": Level.CASE_FILE, "code": f"H49.64.33.2001.{serial}"} | values
    return IndexEntry(id=f"p{serial}", aip_id=f"p{serial}", title=title, **named)  # type: ignore[arg-type]  # test data


HELD = (
    entry(
        1,
        "Hồ sơ thu hồi đất của ông Nguyễn Văn Tí",
        fonds="P01",
        agency="Ủy ban nhân dân huyện Đắk Mil",
        agency_code="H49.64",
        start="2001-02-03",
        end="2001-11-30",
        retention="02",
        access="1",
        keywords=("bồi thường", "tái định cư"),
        note="Có bản đồ kèm theo",
    ),
    entry(
        2,
        unicodedata.normalize("NFD", "Quyết định thu hồi đất"),
        level=Level.DOCUMENT,
        number="123",
        notation="QĐ-UBND",
        agency="Ủy ban nhân dân huyện Đắk Mil",
        fonds="P01",
        start="2001-03-04",
        end="2001-03-04",
        type="02",
        retention="02",
        access="1",
        text="Điều 1. Thu hồi 1.200 m² đất. Công an huyện phối hợp thi hành. " * 5,
    ),
    entry(
        3, "Tập văn bản về an ninh", start="2005", end="2006", retention="01", access="2", fonds="P02", agency="Công an"
    ),
    entry(160, "Hò sở thủ hội dát", level=Level.DOCUMENT, number="1234", notation="QĐ-UBND", type="02", access="1"),
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    with SearchIndex.open(tmp_path / "index") as opened:
        opened.apply(HELD, (), 4)
        yield opened


def ids(index: SearchIndex, query: str = "", **request: object) -> list[str]:
    page = index.search(SearchRequest(query=query, **request))  # type: ignore[arg-type]  # test data
    assert page.total == len(page.hits) or "limit" in request
    return [hit.id for hit in page.hits]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ho so", {"p1", "p160"}),
        ("hồ sơ", {"p1", "p160"}),
        ("HỒ SƠ", {"p1", "p160"}),
        (unicodedata.normalize("NFD", "hồ sơ"), {"p1", "p160"}),
        ("đất", {"p1", "p2", "p160"}),
        ("dat", {"p1", "p2", "p160"}),
        ("quyết định", {"p2"}),
        ("an", {"p2", "p3"}),
        ("cong an", {"p2", "p3"}),
        ('"công an"', {"p2", "p3"}),
        ('"an công"', set()),
        ("123/QĐ-UBND", {"p2"}),
        ("123/qd-ubnd", {"p2"}),
        ("123", {"p2"}),
        ("qd-ubnd", {"p2", "p160"}),
        ("ubnd", {"p2", "p160"}),
        ("123*", {"p2", "p160"}),
        ("123/Q*", {"p2"}),
        ("123/QĐ-*", {"p2"}),
        ("H49.64.33.2001.160", {"p160"}),
        ("h49.64.33.2001.16*", {"p160"}),
        ("H49.64.*", {"p1", "p2", "p3", "p160"}),
        ("33.2001", {"p1", "p2", "p3", "p160"}),
        ("code:2001.3", {"p3"}),
        ("title:thu AND NOT title:hồ", {"p2"}),
        ("title:thu -sơ", {"p2"}),
        ("ngu*", {"p1"}),
        ("(ninh OR ông)", {"p1", "p3"}),
        ("NOT thu", {"p3"}),
        ("keyword:tái", {"p1"}),
        ("keyword:hồ", set()),
        ("note:bản", {"p1"}),
        ("text:huyện", {"p2"}),
        ("agency:huyện", {"p1", "p2"}),
        ("number:123", {"p2"}),
        ("mét", set()),
        ("!!!", set()),
    ],
)
def test_finds(index: SearchIndex, query: str, found: set[str]) -> None:
    assert set(ids(index, query)) == found


def test_exact_diacritics_come_first(index: SearchIndex) -> None:
    assert ids(index, "hồ sơ thu hồi đất")[0] == "p1"
    assert ids(index, "hò sở") == ["p160", "p1"]
    assert ids(index, '"thủ hội"')[0] == "p160"
    assert ids(index, "dát")[0] == "p160"
    assert ids(index, "title:hò") == ["p160", "p1"]


def test_exact_phrase_means_the_phrase_not_its_words(tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path) as index:
        index.apply(
            [entry(1, "Hò sở. Về hồ và sơ " * 5), entry(2, "Một hồ sơ nằm trong một tập tài liệu rất dài khác")], (), 1
        )
        assert ids(index, '"hồ sơ"') == ["p2", "p1"]


def test_words_side_by_side_and_in_the_title_come_first(tmp_path: Path) -> None:
    entries = [
        entry(1, "Định mức và quyết toán"),
        entry(2, "Báo cáo quyết định năm"),
        entry(3, "Báo cáo khác", text="Quyết toán. Định mức."),
    ]
    with SearchIndex.open(tmp_path) as index:
        index.apply(entries, (), 1)
        assert ids(index, "quyet dinh") == ["p2", "p1", "p3"]


def test_filters(index: SearchIndex) -> None:
    assert set(ids(index, level=Level.DOCUMENT)) == {"p2", "p160"}
    assert set(ids(index, fonds="P01")) == {"p1", "p2"}
    assert set(ids(index, agency="ủy ban nhân dân huyện đắk mil")) == {"p1", "p2"}
    assert set(ids(index, agency="H49.64")) == {"p1"}
    assert set(ids(index, retention=("01", "02"), access=("1",))) == {"p1", "p2"}
    assert set(ids(index, "thu", type=("02",))) == {"p2", "p160"}
    assert ids(index, fonds="\ud800") == []


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2001-11-30", "", {"p1", "p3"}),
        ("2001-12-01", "", {"p3"}),
        ("", "2001-02-03", {"p1"}),
        ("2001-03-04", "2001-03-04", {"p1", "p2"}),
        ("2006-12-31", "", {"p3"}),
        ("2001", "2001", {"p1", "p2"}),
        ("2007", "", set()),
    ],
)
def test_dates_overlap(index: SearchIndex, start: str, end: str, found: set[str]) -> None:
    assert set(ids(index, date_from=start, date_to=end)) == found


@pytest.mark.parametrize("value", ["31/12/2001", "x", "2001-13-01", "0000", "2001-1-1-1"])
def test_a_date_that_is_none_is_refused(index: SearchIndex, value: str) -> None:
    with pytest.raises(InputError):
        index.search(SearchRequest(date_from=value))


def test_sorts(index: SearchIndex) -> None:
    assert ids(index, sort=Sort.NEWEST)[:3] == ["p3", "p1", "p2"]
    assert ids(index, sort=Sort.OLDEST)[:3] == ["p1", "p2", "p3"]
    assert ids(index, sort=Sort.CODE) == ["p1", "p160", "p2", "p3"]
    assert len(ids(index, sort=Sort.NEWEST)) == 4


def test_pages_with_the_exact_total(tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path) as index:
        index.apply([entry(number, "Hồ sơ") for number in range(250)], (), 1)
        seen = []
        for offset in range(0, 260, 20):
            page = index.search(SearchRequest(query="ho so", offset=offset, sort=Sort.CODE))
            assert page.total == 250
            seen += [hit.id for hit in page.hits]
        assert len(seen) == len(set(seen)) == 250
        for offset, limit in ((10**30, 10), (10**6, 10**30), (-5, 0), (250, 10), (0, -1)):
            assert index.search(SearchRequest(query="ho", offset=offset, limit=limit)).total == 250
        assert len(index.search(SearchRequest(query="ho", limit=10**9)).hits) == min(250, MAX_LIMIT)


def test_facets_count_the_whole_result(index: SearchIndex) -> None:
    page = index.search(SearchRequest(limit=1, facets=True))
    assert page.facets["level"] == (("case-file", 2), ("document", 2))
    assert page.facets["retention"] == (("02", 2), ("01", 1))
    assert page.facets["access"] == (("1", 3), ("2", 1))
    assert page.facets["agency"] == (("Ủy ban nhân dân huyện Đắk Mil", 2), ("Công an", 1))
    assert page.facets["fonds"] == (("P01", 2), ("P02", 1))
    assert page.facets["year"] == (("2001", 2), ("2005", 1))
    assert page.facets["type"] == (("02", 2),)
    narrowed = index.search(SearchRequest(query="thu", facets=True)).facets
    assert narrowed["level"] == (("document", 2), ("case-file", 1))
    assert set(index.search(SearchRequest(query="!!!", facets=True)).facets) == set(page.facets)


def marked(snippet: str) -> list[str]:
    return [part.split(SNIPPET_MARKS[1])[0] for part in snippet.split(SNIPPET_MARKS[0])[1:]]


def test_snippets_keep_diacritics_of_the_text(index: SearchIndex) -> None:
    snippets = {hit.id: hit.snippet for hit in index.search(SearchRequest(query="cong an")).hits}
    assert marked(snippets["p2"])[:2] == ["Công", "an"]
    assert "Điều 1" in snippets["p2"]
    phrase = index.search(SearchRequest(query='"thu hoi" -so')).hits
    assert marked(phrase[0].snippet) == ["Thu hồi"] * len(marked(phrase[0].snippet))
    assert marked(index.search(SearchRequest(query="bòi thướng")).hits[0].snippet) == ["bồi", "thường"]
    assert marked(index.search(SearchRequest(query="phố*")).hits[0].snippet)[0] == "phối"
    assert index.search(SearchRequest(query="ho", snippets=False)).hits[0].snippet == ""


def test_marks_in_the_text_itself_do_not_reach_the_snippet(tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path) as index:
        index.apply([entry(1, "x", text="giả \ue000mạo\ue001 dấu thật " * 30)], (), 1)
        for query in ("that", ""):
            snippet = index.search(SearchRequest(query=query)).hits[0].snippet
            assert "mạo" in snippet
            assert snippet.count("\ue000") == snippet.count("\ue001") == len(marked(snippet))
            assert all(word == "thật" for word in marked(snippet))


def test_hits_give_back_what_was_indexed(index: SearchIndex) -> None:
    hit = next(hit for hit in index.search(SearchRequest(query="qd-ubnd 123")).hits if hit.id == "p2")
    assert (hit.number, hit.notation, hit.type, hit.start, hit.level) == (
        "123",
        "QĐ-UBND",
        "02",
        "2001-03-04",
        Level.DOCUMENT,
    )
    assert hit.title == HELD[1].title


def test_apply_replaces_all_entries_of_a_package(index: SearchIndex) -> None:
    two = [
        IndexEntry(id=f"p1/{number}", aip_id="p1", level=Level.DOCUMENT, code="x", title="Văn bản mới")
        for number in (1, 2)
    ]
    index.apply(two, ["p3", "unknown"], 9)
    assert index.cursor == 9
    assert set(ids(index)) == {"p1/1", "p1/2", "p2", "p160"}
    assert ids(index, "mới", limit=1) in (["p1/1"], ["p1/2"])
    index.apply(two, (), 9)
    assert index.search(SearchRequest()).total == 4
    index.apply((), [one.aip_id for one in HELD], 10)
    assert index.search(SearchRequest()).total == 0


def test_odd_values_are_indexed(tmp_path: Path) -> None:
    odd = [
        entry(1, "\ud800 lẻ", text="\udfff\x00\u0301" * 10, note="\ud834", code="\ud800", agency="\udc00"),
        entry(
            2, "a" * 100_000, text="dài " * 400_000, start="rubbish", end="99999-99-99", keywords=("k" * 70_000,) * 5
        ),
        entry(3, "", code="", start="9999-12", end="9999"),
    ]
    with SearchIndex.open(tmp_path) as index:
        index.apply(odd, (), 1)
        assert index.search(SearchRequest(facets=True)).total == 3
        assert ids(index, "lẻ") == ["p1"]
        assert ids(index, "dai") == ["p2"]
        assert ids(index, "a" * 900) == []
        assert ids(index, date_from="9999-12-31") == ["p3"]


def test_many_values_of_a_facet_are_counted_exactly(tmp_path: Path) -> None:
    entries = [entry(number, "x", agency=f"Cơ quan {number % 700}") for number in range(2_100)]
    with SearchIndex.open(tmp_path) as index:
        for start in range(0, 2_100, 300):
            index.apply(entries[start : start + 300], (), start)
        facet = index.search(SearchRequest(facets=True)).facets["agency"]
        assert len(facet) == 200
        assert {count for _, count in facet} == {3}


def test_small_commits_are_merged(tmp_path: Path) -> None:
    with SearchIndex.open(tmp_path) as index:
        for number in range(20):
            index.apply([entry(number, "Hồ sơ")], (), number)
        parts = json.loads((tmp_path / f"v{SCHEMA_VERSION}" / "meta.json").read_text())["segments"]
        assert index.search(SearchRequest(query="ho")).total == 20
        assert len(parts) < 14


@pytest.mark.corpus
def test_real_legal_text(corpus: Path, tmp_path: Path) -> None:
    entries = []
    for number, name in enumerate(("30_2020_ND_CP.docx", "30_2020_ND_CP_Phuluc6.docx"), 1):
        with zipfile.ZipFile(corpus / "vietnamese-legal-text" / name) as packed:
            root = etree.fromstring(packed.read("word/document.xml"), etree.XMLParser(resolve_entities=False))
        text = "\n".join("".join(paragraph.itertext("{*}t")) for paragraph in root.iter("{*}p"))
        entries.append(entry(number, name, text=text))
    with SearchIndex.open(tmp_path) as index:
        index.apply(entries, (), 1)
        for query in ('"cong tac van thu"', "công tác văn thư", '"văn bản điện tử"', "van ban*", "Nghị định"):
            page = index.search(SearchRequest(query=query))
            assert "p1" in [hit.id for hit in page.hits], query
        best = index.search(SearchRequest(query='"cong tac van thu"')).hits[0]
        assert marked(best.snippet)[0].lower() == "công tác văn thư"

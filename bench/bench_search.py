"""Search over synthetic Vietnamese case files: this archive's index against SQLite FTS5 and Whoosh.

Run: `python bench/bench_search.py --records 100000 [--whoosh-records 100000]`. Built indexes are kept under
`bench/results/` and used again. Every engine holds the same records and answers the same queries, each with the
exact total, the ten best by BM25, and snippets of those ten. FTS5 and Whoosh get text and queries folded by the
archive's own folding (neither folds `đ`); FTS5 marks its snippets in the folded text, and only the archive's
index ranks exact diacritics first. Whoosh is installed into an environment of its own, it is no part of the product.
"""

import argparse
import json
import pickle
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from archive.search.folding import fold, key
from archive.search.query import Both, Either, Node, Without, Word, read_query
from archive.search.values import IndexEntry, Level

RESULTS = Path(__file__).parent / "results"
SEED = 20_260_101
SYLLABLES_PER_BODY = 600
BATCH = 20_000
"""Records of one commit."""

COMMON = """
của và được có theo định quy các về công nhân dân quyết cơ quan nhà nước ủy ban văn bản tổ chức tỉnh huyện xã thực hiện
hồ sơ đất đai thu hồi sử dụng quyền cấp giấy chứng nhận chủ tịch thông báo kế hoạch báo cáo tài chính ngân sách điều
khoản luật nghị trách nhiệm giải phóng mặt bằng bồi thường hỗ trợ tái cư phê duyệt dự án đầu tư xây dựng công trình
khiếu nại tố cáo thanh tra kiểm cán bộ viên lương bảo hiểm xã hội y tế giáo dục trường học an ninh
"""
ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
RIMES = """
a ac ai am an ang anh ao ap at au ay e em en eo et ê êm ên i ia iêm iên iêu im in inh o oa oan oc oi om on ong ô ôc ôi
ôm ôn ông ơ ơi ơn u ua uân uc ui um un ung uôc uôi ư ưa ưc ưng ươc ươi ương y yên
"""
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
VOWELS = "aeiouyăâêôơư"
NOTATIONS = ("QĐ-UBND", "TB-UBND", "BC-UBND", "QĐ-SNV", "CV-STC", "KH-UBND", "TTr-SXD", "NQ-HĐND")
TITLES = (
    "Hồ sơ thu hồi đất và giải phóng mặt bằng dự án {}",
    "Hồ sơ giải quyết khiếu nại của công dân {}",
    "Kế hoạch, báo cáo công tác {}",
    "Hồ sơ phê duyệt dự án đầu tư xây dựng công trình {}",
    "Hồ sơ nâng bậc lương đối với cán bộ {}",
    "Tập văn bản về {}",
)


def vocabulary() -> list[str]:
    """Return 6,000 syllables, most frequent first: real words of administration, then well-formed syllables."""
    made = []
    for onset in ONSETS.split():
        for rime in RIMES.split():
            at = next(place for place, letter in enumerate(rime) if letter in VOWELS) + 1
            made += [unicodedata.normalize("NFC", onset + rime[:at] + tone + rime[at:]) for tone in TONES]
    random.Random(SEED).shuffle(made)
    return list(dict.fromkeys([*COMMON.split(), *made]))[:6000]


def records(count: int) -> Iterator[IndexEntry]:
    """Yield case files; the commonest syllable makes 1.6 % of the text, as in law texts (Zipf and Mandelbrot)."""
    syllables = vocabulary()
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(syllables))))
    places = [f"{syllables[200 + 3 * n].title()} {syllables[201 + 3 * n].title()}" for n in range(120)]
    for number in range(count):
        dice = random.Random(SEED + number)
        start = date(1990, 1, 1) + timedelta(days=dice.randrange(12_600))
        words = dice.choices(syllables, cum_weights=weights, k=max(60, int(dice.gauss(SYLLABLES_PER_BODY, 120))) + 8)
        agency = dice.randrange(120)
        yield IndexEntry(
            id=f"{number:08d}",
            aip_id=f"{number:08d}",
            level=Level.CASE_FILE,
            code=f"H{agency % 60 + 1}.{agency}.{start.year}.{number}",
            title=dice.choice(TITLES).format(" ".join(words[:8])),
            number=str(dice.randrange(1, 4000)),
            notation=dice.choice(NOTATIONS),
            fonds=f"P{agency % 30:02d}",
            agency=f"Ủy ban nhân dân huyện {places[agency]}",
            agency_code=f"H{agency % 60 + 1}.{agency}",
            start=start.isoformat(),
            end=(start + timedelta(days=dice.randrange(900))).isoformat(),
            type=f"{dice.randrange(1, 33):02d}",
            retention=f"{dice.choice((1, 1, 2, 3, 3, 3, 4)):02d}",
            access=str(dice.choice((1, 1, 1, 2, 3))),
            keywords=(" ".join(words[8:10]),),
            text=". ".join(" ".join(words[at : at + 14]).capitalize() for at in range(8, len(words), 14)),
        )


def stored_records(count: int) -> Iterator[IndexEntry]:
    """Yield the records from a file, made on first use, so that no engine's time holds their making."""
    path = RESULTS / f"search-{count}" / "records.pickle"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".part").open("wb") as written:
            for entry in records(count):
                pickle.dump(tuple(getattr(entry, name) for name in NAMES), written)
        path.with_suffix(".part").rename(path)
    with path.open("rb") as kept:
        for _ in range(count):
            yield IndexEntry(**dict(zip(NAMES, pickle.load(kept), strict=True)))


NAMES = tuple(item.name for item in fields(IndexEntry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One query of the mixed set."""

    kind: str
    query: str
    date_from: str = ""
    date_to: str = ""
    retention: str = ""
    facets: bool = False


def tasks() -> list[Task]:
    """Return the mixed set; words of all frequencies, from nearly every record to a few."""
    syllables = vocabulary()
    rare = [fold(word) for word in syllables[5200:5990:160]]
    common = ["quyết định", "hồ sơ", "nhân dân", "tổ chức", "thu hồi đất"]
    made = [Task(kind="common word", query=fold(word)) for word in ("định", "hồ", "dân", "theo", "quyền")]
    made += [Task(kind="rare word", query=word) for word in rare]
    made += [Task(kind="several words", query=fold(words)) for words in (*common[:4], "chu tich uy ban nhan dan tinh")]
    made += [Task(kind="diacritics", query=words) for words in (*common, "Ủy ban nhân dân tỉnh")]
    made += [Task(kind="phrase", query=f'"{fold(words)}"') for words in (*common, "giải phóng mặt bằng")]
    made += [
        Task(kind="boolean", query="dat AND (thu OR boi) NOT luong"),
        Task(kind="boolean", query="(khieu nai) OR (to cao) -thanh"),
        Task(kind="boolean", query=f"{rare[0]} OR {rare[1]} OR luat"),
        Task(kind="boolean", query="title:dat AND text:quyet AND NOT title:luong"),
    ]
    made += [Task(kind="prefix", query=f"{start}*") for start in ("ngh", "th", "truo", "quy")]
    made += [
        Task(kind="field and date", query="title:dat", date_from="2010-01-01", date_to="2012-12-31"),
        Task(kind="field and date", query="dinh", date_from="2001-01-01", date_to="2001-12-31", retention="02"),
        Task(kind="field and date", query="agency:nhan bao cao", date_from="1995-01-01", date_to="2015-12-31"),
    ]
    made += [
        Task(kind="number", query=query) for query in ("123/QĐ-UBND", "3999/NQ-HĐND", "number:77/TB*", "17/qd-snv")
    ]
    made += [Task(kind="code", query=query) for query in ("H5.4.2001.4", "code:H18.77.1999*")]
    made += [Task(kind="facets", query=query, facets=True) for query in ("dinh", "ho so", rare[2])]
    return made


class Ours:
    """The archive's own index."""

    name = "chauban (tantivy)"

    def __init__(self, folder: Path) -> None:
        from archive.search.index import SearchIndex

        self.index = SearchIndex.open(folder)

    def build(self, count: int) -> None:
        entries = stored_records(count)
        for start in range(0, count, BATCH):
            self.index.apply(islice(entries, BATCH), (), start + BATCH)

    def run(self, task: Task) -> int:
        from archive.search.values import SearchRequest

        page = self.index.search(
            SearchRequest(
                query=task.query,
                date_from=task.date_from,
                date_to=task.date_to,
                retention=(task.retention,) if task.retention else (),
                facets=task.facets,
                limit=10,
            )
        )
        return page.total


COLUMNS = ("title", "number", "code", "agency", "keyword", "body")
FACETS = ("retention", "access", "type", "agency_name", "fonds", "year")


class Fts5:
    """SQLite FTS5: one full-text table with BM25, one indexed table with the values for filters and facets."""

    name = "SQLite FTS5"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / "fts5.db")
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA cache_size=-200000; PRAGMA mmap_size=2000000000;")

    def build(self, count: int) -> None:
        self.database.executescript(
            f"""
            CREATE VIRTUAL TABLE words USING fts5({",".join(COLUMNS)}, tokenize='unicode61 remove_diacritics 0');
            CREATE TABLE facts(id INTEGER PRIMARY KEY, start_day, end_day, {",".join(FACETS)});
            """
        )
        for number, entry in enumerate(stored_records(count)):
            self.database.execute("INSERT INTO words VALUES (?,?,?,?,?,?)", folded_columns(entry))
            self.database.execute(
                "INSERT INTO facts VALUES (?,?,?,?,?,?,?,?,?)",
                (number + 1, entry.start, entry.end, *facet_values(entry)),
            )
        self.database.executescript(
            "CREATE INDEX by_start ON facts(start_day, end_day); CREATE INDEX by_retention ON facts(retention); "
            "INSERT INTO words(words) VALUES ('optimize'); ANALYZE;"
        )
        self.database.commit()

    def run(self, task: Task) -> int:
        match = fts_query(read(task))
        where, values = self.conditions(task)
        joined = "JOIN facts ON facts.id = words.rowid" if where else ""
        total = self.database.execute(
            f"SELECT count(*) FROM words {joined} WHERE words MATCH ? {where}", (match, *values)
        ).fetchone()[0]
        self.database.execute(
            f"SELECT words.rowid, rank, snippet(words, 5, '[', ']', '…', 40) FROM words {joined} "
            f"WHERE words MATCH ? {where} AND rank MATCH 'bm25(3.0, 1.5, 1.5, 1.5, 1.5, 1.0)' ORDER BY rank LIMIT 10",
            (match, *values),
        ).fetchall()
        if task.facets:
            for facet in FACETS:
                self.database.execute(
                    f"SELECT {facet}, count(*) FROM words JOIN facts ON facts.id = words.rowid "
                    f"WHERE words MATCH ? {where} GROUP BY 1 ORDER BY 2 DESC",
                    (match, *values),
                ).fetchall()
        return int(total)

    def conditions(self, task: Task) -> tuple[str, list[str]]:
        """Return the conditions on the table of values, and what fills them."""
        found = [
            (sql, value)
            for sql, value in (
                ("AND end_day >= ?", task.date_from),
                ("AND start_day <= ?", task.date_to),
                ("AND retention = ?", task.retention),
            )
            if value
        ]
        return " ".join(sql for sql, _ in found), [value for _, value in found]


class Whoosh:
    """Whoosh 2.7.4; runs only in its own environment."""

    name = "Whoosh"

    def __init__(self, folder: Path) -> None:
        from whoosh import fields as columns  # type: ignore[import-not-found]  # only in the benchmark's environment
        from whoosh import index
        from whoosh.analysis import RegexTokenizer  # type: ignore[import-not-found]  # likewise

        folder.mkdir(parents=True, exist_ok=True)
        words = RegexTokenizer(r"\w+")
        schema = columns.Schema(
            number_key=columns.ID(stored=True),
            start_day=columns.NUMERIC(int, signed=False, sortable=True),
            end_day=columns.NUMERIC(int, signed=False, sortable=True),
            **{name: columns.TEXT(analyzer=words, stored=name == "body") for name in COLUMNS},
            **{name: columns.ID(sortable=True) for name in FACETS},
        )
        exists = index.exists_in(str(folder))
        self.index = index.open_dir(str(folder)) if exists else index.create_in(str(folder), schema)
        self.open_searcher: Any = None

    def build(self, count: int) -> None:
        writer = self.index.writer(limitmb=256)
        for entry in stored_records(count):
            writer.add_document(
                start_day=date.fromisoformat(entry.start).toordinal(),
                end_day=date.fromisoformat(entry.end).toordinal(),
                **dict(zip(COLUMNS, folded_columns(entry), strict=True)),
                **dict(zip(FACETS, map(str, facet_values(entry)), strict=True)),
            )
        writer.commit(optimize=True)

    def run(self, task: Task) -> int:
        from whoosh import query  # type: ignore[import-not-found]  # only in the benchmark's environment

        if self.open_searcher is None:
            self.open_searcher = self.index.searcher()
        parts = [whoosh_query(query, read(task))]
        if task.date_from:
            parts.append(query.NumericRange("end_day", date.fromisoformat(task.date_from).toordinal(), None))
        if task.date_to:
            parts.append(query.NumericRange("start_day", None, date.fromisoformat(task.date_to).toordinal()))
        if task.retention:
            parts.append(query.Term("retention", task.retention))
        asked = parts[0] if len(parts) == 1 else query.And(parts)
        grouped = {"groupedby": list(FACETS)} if task.facets else {}
        found = self.open_searcher.search(asked, limit=10, **grouped)
        for hit in found:
            hit.highlights("body")
        return len(found)


def folded_columns(entry: IndexEntry) -> tuple[str, ...]:
    """Return the text columns as both other engines get them."""
    number = f"{entry.number}/{entry.notation}"
    return tuple(
        map(
            fold,
            (
                entry.title,
                number,
                entry.code,
                f"{entry.agency} {entry.agency_code}",
                " ".join(entry.keywords),
                entry.text,
            ),
        )
    )


def facet_values(entry: IndexEntry) -> tuple[str | int, ...]:
    """Return the values that filters and facets use."""
    return (entry.retention, entry.access, entry.type, entry.agency, entry.fonds, int(entry.start[:4]))


def read(task: Task) -> Node:
    """Return the query's meaning, which every engine is asked in its own language."""
    node = read_query(task.query)
    if node is None:
        raise ValueError(f"nothing to look for in {task.query!r}")
    return node


def words_of(word: Word) -> list[str]:
    """Return the folded words of one word of a query."""
    return "".join(letter if letter.isalnum() else " " for letter in key(word.text)).split()


def fts_query(node: Node) -> str:
    """Return a query in FTS5's language."""
    if isinstance(node, Word):
        column = {"text": "body"}.get(node.field, node.field)
        return f'{f"{column} : " if column else ""}"{" ".join(words_of(node))}"{" *" if node.prefix else ""}'
    if isinstance(node, Without):
        raise TypeError("the set has no query of NOT alone")
    if isinstance(node, Either):
        return "(" + " OR ".join(fts_query(part) for part in node.parts) + ")"
    wanted = " AND ".join(fts_query(part) for part in node.parts if not isinstance(part, Without))
    denied = "".join(f" NOT {fts_query(part.part)}" for part in node.parts if isinstance(part, Without))
    return f"(({wanted}){denied})"


def whoosh_query(query: Any, node: Node) -> Any:
    """Return a query of Whoosh's classes."""
    if isinstance(node, Without):
        return query.Not(whoosh_query(query, node.part))
    if isinstance(node, Both | Either):
        kind = query.And if isinstance(node, Both) else query.Or
        return kind([whoosh_query(query, part) for part in node.parts])
    columns = [{"text": "body"}.get(node.field, node.field)] if node.field else list(COLUMNS)
    return query.Or([whoosh_word(query, column, words_of(node), node.prefix) for column in columns])


def whoosh_word(query: Any, column: str, words: list[str], prefix: bool) -> Any:
    """Return the query of words side by side; Whoosh's phrases know no prefix, so the parts must then all occur."""
    terms = [query.Term(column, word) for word in words]
    if prefix:
        return query.And([*terms[:-1], query.Prefix(column, words[-1])])
    return terms[0] if len(terms) == 1 else query.Phrase(column, words)


ENGINES: dict[str, Callable[[Path], Any]] = {"ours": Ours, "fts5": Fts5, "whoosh": Whoosh}


def measure(engine: str, count: int, repeats: int) -> dict[str, Any]:
    """Build the engine's index if it is not there yet, run the mixed set, return the figures."""
    folder = RESULTS / f"search-{count}" / engine
    built = folder / "built.json"
    subject = ENGINES[engine](folder)
    if not built.exists():
        for _ in islice(stored_records(count), 1):
            pass
        began, cpu = time.perf_counter(), time.process_time()
        subject.build(count)
        figures = {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "disk_mb": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
        }
        built.write_text(json.dumps(figures))
    answers = []
    for task in tasks():
        total = subject.run(task)
        times = []
        for _ in range(repeats):
            began = time.perf_counter()
            subject.run(task)
            times.append((time.perf_counter() - began) * 1000)
        answers.append({"kind": task.kind, "query": task.query, "total": total, "ms": statistics.median(times)})
    return {"engine": subject.name, "records": count, "build": json.loads(built.read_text()), "answers": answers}


def measure_whoosh(count: int, repeats: int) -> dict[str, Any]:
    """Run Whoosh in an environment of its own."""
    home = RESULTS / "whoosh-environment"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "Whoosh==2.7.4"], check=True)
    command = [
        str(python),
        "-W",
        "ignore",
        __file__,
        "--only",
        "whoosh",
        "--records",
        str(count),
        "--repeats",
        str(repeats),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(results: list[dict[str, Any]]) -> None:
    """Print build, each query, and the ratios."""
    for result in results:
        build = result["build"]
        print(
            f"{result['engine']}: {result['records']:,} records built in {build['seconds']:.1f} s,"
            f" {result['records'] / build['seconds']:,.0f} a second, {build['cpu'] / result['records'] * 1e6:,.0f} µs"
            f" of processor time each; peak {build['peak_mb']:.0f} MB, {build['disk_mb']:.0f} MB on disk"
        )
    print(f"\n{'kind':16}{'query':44}" + "".join(f"{result['engine']:>30}" for result in results))
    for row in zip(*(result["answers"] for result in results), strict=True):
        cells = "".join(f"{answer['total']:>16,} {answer['ms']:>10.2f} ms" for answer in row)
        print(f"{row[0]['kind']:16}{row[0]['query']:44}{cells}")
    ours = [answer["ms"] for answer in results[0]["answers"]]
    print()
    for result in results:
        times = [answer["ms"] for answer in result["answers"]]
        p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
        ratio = f"p50 {p50 / percentile(ours, 0.5):,.1f} x, p95 {p95 / percentile(ours, 0.95):,.1f} x ours"
        wrong = sum(
            answer["total"] != mine["total"]
            for answer, mine in zip(result["answers"], results[0]["answers"], strict=True)
        )
        same = result["records"] == results[0]["records"]
        totals = f"{wrong} totals differ from ours" if same else "other number of records"
        print(f"{result['engine']:20} p50 {p50:9.2f} ms   p95 {p95:9.2f} ms   {ratio}   {totals}")


def main() -> None:
    """Read the options, run the engines, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument(
        "--whoosh-records", type=int, default=0, help="0 leaves Whoosh out; it builds about 200 a second"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=sorted(ENGINES), help="print one engine's figures as JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.records, options.repeats)))
        return
    results = [measure("ours", options.records, options.repeats), measure("fts5", options.records, options.repeats)]
    if options.whoosh_records:
        results.append(measure_whoosh(options.whoosh_records, min(options.repeats, 3)))
    show(results)


if __name__ == "__main__":
    main()

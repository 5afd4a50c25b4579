"""Reading what people type."""

import pytest

from archive.search.query import MAX_DEPTH, MAX_WORDS, Both, Either, Node, Without, Word, read_query


def shape(node: Node | None) -> str:
    """Write a node down with all its parentheses."""
    if node is None:
        return "-"
    if isinstance(node, Word):
        return f"{node.field + ':' if node.field else ''}{node.text}{'*' if node.prefix else ''}"
    if isinstance(node, Without):
        return f"!{shape(node.part)}"
    return f"({(' & ' if isinstance(node, Both) else ' | ').join(map(shape, node.parts))})"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hồ sơ", "(hồ & sơ)"),
        ("hồ AND sơ", "(hồ & sơ)"),
        ("hồ OR sơ", "(hồ | sơ)"),
        ("a b OR c d", "((a & b) | (c & d))"),
        ("a (b OR c)", "(a & (b | c))"),
        ('"hồ sơ" đất', "(hồ sơ & đất)"),
        ('"hồ sơ', "hồ sơ"),
        ("NOT a", "!a"),
        ("a NOT b", "(a & !b)"),
        ("a AND NOT b", "(a & !b)"),
        ("NOT NOT a", "a"),
        ("a -b", "(a & !b)"),
        ('a -"b c"', "(a & !b c)"),
        ("a -(b c)", "(a & !(b & c))"),
        ("QĐ-UBND", "QĐ-UBND"),
        ("123/QĐ-UBND", "123/QĐ-UBND"),
        ("ngh*", "ngh*"),
        ("123/QĐ*", "123/QĐ*"),
        ("QĐ-*", "QĐ-"),
        ("*", "-"),
        ("title:đất", "title:đất"),
        ("Tiêuđề:đất", "title:đất"),
        ("title: đất đai", "(title:đất & đai)"),
        ('title:"thu hồi"', "title:thu hồi"),
        ("title:(a OR b) c", "((title:a | title:b) & c)"),
        ("-title:a b", "(!title:a & b)"),
        ("nothing:a", "nothing:a"),
        ("http://example.vn", "http://example.vn"),
        ("12:30", "12:30"),
        ("a AND", "a"),
        ("OR a", "a"),
        ("AND", "AND"),
        ("NOT OR", "(NOT & OR)"),
        (") a ( b", "(a & b)"),
        ("1) hồ sơ OR 2) đất", "((1 & hồ & sơ) | (2 & đất))"),
        ("((((a))))", "a"),
        ("!!! ... –", "-"),
        ("", "-"),
        ("a - b", "(a & b)"),
        ('a -"!!" b', "(a & b)"),
        ("and or not", "(and & or & not)"),
    ],
)
def test_reads(typed: str, read: str) -> None:
    assert shape(read_query(typed)) == read


def test_caps_words_depth_and_length() -> None:
    many = read_query(" ".join(f"w{number}" for number in range(500)))
    assert isinstance(many, Both)
    assert len(many.parts) == MAX_WORDS
    assert shape(read_query("(" * (MAX_DEPTH * 3) + "a" + ")" * (MAX_DEPTH * 3))) == "a"
    assert read_query("x" * 100_000) is not None


def test_either_keeps_its_parts() -> None:
    node = read_query("a OR (b OR c)")
    assert isinstance(node, Either)
    assert len(node.parts) == 2

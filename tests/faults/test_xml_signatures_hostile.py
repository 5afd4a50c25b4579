"""Hostile XML: whatever it asks for, it gets an answer in bounded time, and never a good one."""

import time
from pathlib import Path

import pytest

from model.material import Material
from model.signatures import FileSignatures, Integrity, SignatureFacts, SignedState
from preservation.signatures.source import SignatureLimits, SignedFile
from preservation.signatures.xml import names
from preservation.signatures.xml.examine import examine_xml
from preservation.signatures.xml.signature import xml_signatures

METHOD = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
DIGEST = '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AAAA</DigestValue>'


def signature(references: str, *, method: str = METHOD, value: str = "AAAA", key: str = "", more: str = "") -> str:
    return (
        f'<Signature xmlns="{names.DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="{names.C14N}"/>'
        f'<SignatureMethod Algorithm="{method}"/>{references}</SignedInfo>'
        f"<SignatureValue>{value}</SignatureValue><KeyInfo>{key}</KeyInfo>{more}</Signature>"
    )


def reference(transforms: str = "", uri: str = "") -> str:
    return f'<Reference URI="{uri}"><Transforms>{transforms}</Transforms>{DIGEST}</Reference>'


def transform(identifier: str, inside: str = "") -> str:
    return f'<Transform Algorithm="{identifier}">{inside}</Transform>'


def found(content: str, **options: object) -> tuple[SignatureFacts, ...]:
    return xml_signatures(content.encode(), material=Material(), **options)


def examined(tmp_path: Path, content: bytes, **options: object) -> FileSignatures:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    return examine_xml(SignedFile(path=path, name="a.xml", material=Material(), **options))


def codes(facts: SignatureFacts) -> set[str]:
    return {finding.code for finding in facts.findings}


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ATTLIST a Id ID "b">]>',
        "<!DOCTYPE a [" + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12)) + "]><!--&e12;-->",
    ],
)
def test_document_types_are_refused(prolog, tmp_path):
    for body in ("<a>x{}</a>", "<a>&x;{}</a>"):
        result = examined(tmp_path, (prolog + body.format(signature(reference()))).encode())
        assert result.state is SignedState.UNREADABLE
        assert {finding.code for finding in result.findings} <= {"signature.xml.doctype", "signature.xml.unreadable"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"<a",
        b"\xff\xfe<\x00",
        b'<?xml version="1.0" encoding="UTF-7"?><a>xmldsig#</a>',
        b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a>xmldsig#</a>',
        b"<a>xmldsig#\xff\xff</a>",
        b"xmldsig#" * 1000,
        b"<a>" * 100_000 + b"xmldsig#",
    ],
)
def test_what_is_no_xml_is_unreadable_or_unsigned(content, tmp_path):
    result = examined(tmp_path, content)
    assert result.state in (SignedState.UNREADABLE, SignedState.UNSIGNED)
    assert not any(finding.code == "signature.xml.checker-failed" for finding in result.findings)


@pytest.mark.parametrize(
    "transforms",
    [
        transform(names.XSLT, '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'),
        transform("urn:unknown"),
        transform(names.ENVELOPED) * 17,
        transform(names.XPATH, "<XPath>" + "not(" * 500 + "1" + ")" * 500 + "</XPath>"),
        transform(names.XPATH, "<XPath>1)] | //x[(1</XPath>"),
        transform(names.XPATH, "<XPath>document('file:///etc/passwd')</XPath>"),
        transform(names.XPATH, "<XPath>$x</XPath>"),
        transform(names.XPATH, "<XPath></XPath>"),
        transform(names.XPATH),
        transform(names.FILTER2, f'<f:XPath xmlns:f="{names.FILTER2}" Filter="none">/</f:XPath>'),
        transform(names.FILTER2, f'<f:XPath xmlns:f="{names.FILTER2}" Filter="union">1 + 1</f:XPath>'),
        transform(names.BASE64),
        transform(names.C14N) + transform(names.ENVELOPED),
    ],
)
def test_transforms_out_of_bounds_are_refused(transforms):
    (facts,) = found(f"<a>x!{signature(reference(transforms))}</a>")
    assert facts.integrity is not Integrity.INTACT
    assert codes(facts) & {"signature.xml.refused", "signature.xml.digest"}


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9/x", "file:///etc/passwd", "#xpointer(//a)", "#element(/1)", "x.xml#y", "#nowhere"]
)
def test_references_are_not_followed_out_of_the_document(uri):
    (facts,) = found(f"<a>{signature(reference(uri=uri))}</a>")
    assert facts.integrity is not Integrity.INTACT


def test_remote_keys_are_not_fetched():
    key = '<RetrievalMethod URI="http://127.0.0.1:9/key"/><KeyInfoReference URI="#gone"/>'
    (facts,) = found(f"<a>{signature(reference(), key=key)}</a>")
    assert "signature.xml.remote-key" in codes(facts)


def test_shared_secrets_are_never_a_signature():
    for method in (names.DSIG + "hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"):
        (facts,) = found(f"<a>{signature(reference(), method=method)}</a>")
        assert facts.integrity is not Integrity.INTACT
        assert "signature.xml.hmac" in codes(facts)


@pytest.mark.parametrize(
    "block",
    [
        "<Signature xmlns='{}'/>",
        "<Signature xmlns='{}'><SignedInfo/></Signature>",
        "<Signature xmlns='{}'><SignedInfo/><SignatureValue/></Signature>",
        "<Signature xmlns='{}'><SignatureValue/><SignedInfo/></Signature>",
        "<Signature xmlns='{}'><SignedInfo/><SignatureValue/><SignedInfo/></Signature>",
        "<Signature xmlns='{}'><Object><SignedInfo/><SignatureValue/></Object></Signature>",
    ],
)
def test_damaged_signatures_stay_in_the_list(block):
    (facts,) = found("<a>" + block.format(names.DSIG) + "</a>")
    assert facts.integrity is Integrity.UNKNOWN
    assert facts.findings


def test_a_damaged_signature_hides_no_other():
    whole = signature(reference())
    results = found(f"<a><Signature xmlns='{names.DSIG}'><SignedInfo/></Signature>{whole}</a>")
    assert len(results) == 2


def test_signatures_beyond_the_limit_are_named():
    results = found("<a>" + signature(reference()) * 9 + "</a>", limits=SignatureLimits(signatures=4))
    assert len(results) == 4
    assert "signature.xml.too-many" in codes(results[-1])


def test_references_without_number_end_in_bounded_time():
    started = time.monotonic()
    (facts,) = found("<a>" + "<b/>" * 500 + signature(reference(transform(names.ENVELOPED)) * 3_000) + "</a>")
    assert facts.integrity is Integrity.BROKEN
    assert time.monotonic() - started < 20


def test_many_filters_are_refused():
    expression = "<XPath>count(//*) &gt; 0</XPath>"
    (facts,) = found("<a>" + signature(reference(transform(names.XPATH, expression)) * 100) + "</a>")
    assert "signature.xml.refused" in codes(facts)


def test_depth_ends_in_an_answer(tmp_path):
    content = "<a>" * 250 + signature(reference(transform(names.ENVELOPED))) + "</a>" * 250
    assert examined(tmp_path, content.encode()).signatures[0].integrity is Integrity.BROKEN
    content = "<a>" * 5_000 + signature(reference()) + "</a>" * 5_000
    assert examined(tmp_path, content.encode()).state is SignedState.UNREADABLE


def test_self_reference_ends_in_an_answer():
    inside = f'<Object><Manifest Id="m">{reference(uri="#m") * 50}</Manifest></Object>'
    (facts,) = found(f"<a>{signature(reference(uri='#m'), more=inside)}</a>")
    assert facts.integrity is Integrity.BROKEN

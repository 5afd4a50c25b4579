"""Names of the XML signature standards: namespaces and algorithm identifiers."""

from collections.abc import Iterator

from lxml import etree

DSIG = "http://www.w3.org/2000/09/xmldsig#"
DSIG11 = "http://www.w3.org/2009/xmldsig11#"
EDXML = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
XML = "http://www.w3.org/XML/1998/namespace"
XADES_111 = "http://uri.etsi.org/01903/v1.1.1#"
XADES_122 = "http://uri.etsi.org/01903/v1.2.2#"
XADES_132 = "http://uri.etsi.org/01903/v1.3.2#"
XADES_141 = "http://uri.etsi.org/01903/v1.4.1#"
XADES = (XADES_132, XADES_141, XADES_122, XADES_111)
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
MANIFEST_TYPE = DSIG + "Manifest"

ENVELOPED = DSIG + "enveloped-signature"
BASE64 = DSIG + "base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"

_STRING = etree.XPath("string()", smart_strings=False)
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021 = "http://www.w3.org/2021/04/xmldsig-more#"
RSA_PSS = MORE_2007 + "rsa-pss"
MGF1 = MORE_2007 + "MGF1"

DIGESTS = {
    _MORE + "md5": "md5",
    DSIG + "sha1": "sha1",
    _MORE + "sha224": "sha224",
    _XMLENC + "sha256": "sha256",
    _MORE + "sha384": "sha384",
    _XMLENC + "sha384": "sha384",
    _XMLENC + "sha512": "sha512",
    _XMLENC + "ripemd160": "ripemd160",
    **{f"{MORE_2007}sha3-{bits}": f"sha3-{bits}" for bits in (224, 256, 384, 512)},
}
"""Digest algorithms by identifier (RFC 9231, 2.1)."""

SIGNATURES: dict[str, tuple[str, str]] = {
    DSIG + "rsa-sha1": ("rsa", "sha1"),
    DSIG + "dsa-sha1": ("dsa", "sha1"),
    DSIG11 + "dsa-sha256": ("dsa", "sha256"),
    _MORE + "rsa-md5": ("rsa", "md5"),
    _MORE + "rsa-ripemd160": ("rsa", "ripemd160"),
    **{f"{_MORE}rsa-sha{bits}": ("rsa", f"sha{bits}") for bits in (224, 256, 384, 512)},
    **{f"{_MORE}ecdsa-sha{bits}": ("ecdsa", f"sha{bits}") for bits in (1, 224, 256, 384, 512)},
    **{f"{_MORE_2021}ecdsa-sha3-{bits}": ("ecdsa", f"sha3-{bits}") for bits in (224, 256, 384, 512)},
    **{f"{MORE_2007}sha{bits}-rsa-MGF1": ("rsa-pss", f"sha{bits}") for bits in (1, 224, 256, 384, 512)},
    **{f"{MORE_2007}sha3-{bits}-rsa-MGF1": ("rsa-pss", f"sha3-{bits}") for bits in (224, 256, 384, 512)},
    _MORE_2021 + "eddsa-ed25519": ("ed25519", "sha512"),
    _MORE_2021 + "eddsa-ed448": ("ed448", "shake256"),
}
"""Signature algorithms by identifier: kind of key and digest (RFC 9231, 2.3)."""


def is_hmac(identifier: str) -> bool:
    """Whether a signature method is a keyed digest, which proves nobody's identity."""
    return "#hmac-" in identifier.lower()


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def space(element: etree._Element) -> str:
    """Return an element's namespace; empty when it has none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def named(element: etree._Element, name: str, spaces: tuple[str, ...]) -> bool:
    """Whether an element has a local name in one of several namespaces."""
    return local(element) == name and space(element) in spaces


def children(element: etree._Element, name: str, spaces: tuple[str, ...]) -> Iterator[etree._Element]:
    """Yield the children with a local name in one of several namespaces."""
    return (child for child in element if named(child, name, spaces))


def child(element: etree._Element | None, name: str, spaces: tuple[str, ...]) -> etree._Element | None:
    """Return the first child with a local name in one of several namespaces."""
    return None if element is None else next(children(element, name, spaces), None)


def text_of(element: etree._Element | None) -> str:
    """Return the text of an element without surrounding white space; comments do not cut it."""
    return "" if element is None else string_value(element).strip()


def string_value(element: etree._Element) -> str:
    """Return all text in an element, without comments (XPath 1.0, 5.2)."""
    return str(_STRING(element))

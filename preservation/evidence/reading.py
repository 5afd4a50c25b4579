"""Evidence records as bytes: RFC 4998 (ASN.1) and RFC 6283 (XML) decoded into the same values.

lxml is imported where XML is read: the stand-alone verifier reads RFC 4998 records without it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asn1crypto import cms, core, tsp

from preservation.cms import tlv
from preservation.cms.digests import name_of
from preservation.evidence.structure import EvidenceRecord
from preservation.evidence.values import RFC4998, RFC6283, ArchiveTimestamp, Chain, HashLists, Record

if TYPE_CHECKING:
    from lxml import etree

MAX_RECORD = 64 << 20
"""Bytes of a record that are read."""
MAX_TIMESTAMPS = 1000
_NAMESPACE = "urn:ietf:params:xml:ns:ers"
_ERS = f"{{{_NAMESPACE}}}"
_DIGEST_URIS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#sha224": "sha224",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-224": "sha3-224",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256": "sha3-256",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-384": "sha3-384",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512": "sha3-512",
}
"""RFC 9231 2.1."""


class UnreadableRecord(Exception):
    """The bytes are no evidence record; the text says why."""


class UnknownAlgorithm(Exception):
    """The record uses a hash algorithm that is not known; the text names it."""


def read_record(content: bytes) -> Record:
    """Decode an evidence record of either kind.

    Raises:
        UnreadableRecord: it is not one.
        UnknownAlgorithm: one of its hash algorithms is not known.
    """
    if len(content) > MAX_RECORD:
        raise UnreadableRecord(f"larger than {MAX_RECORD} bytes")
    try:
        record = _read_xml(content) if content.lstrip()[:1] == b"<" else _read_asn1(content)
    except (UnreadableRecord, UnknownAlgorithm):
        raise
    except Exception as error:  # asn1crypto and lxml raise whatever hostile bytes provoke
        raise UnreadableRecord(str(error) or type(error).__name__) from error
    if not record.timestamps or any(not chain.timestamps for chain in record.chains):
        raise UnreadableRecord("it has no timestamp")
    return record


def _read_asn1(content: bytes) -> Record:
    record = EvidenceRecord.load(content, strict=True)
    if record["version"].native != 1:
        raise UnreadableRecord(f"version {record['version'].native}")
    chains: list[Chain] = []
    count = 0
    sent = raw_chains(content)
    for number, (chain, (_whole, tokens)) in enumerate(zip(record["archive_time_stamp_sequence"], sent, strict=True)):
        count += len(chain)
        if count > MAX_TIMESTAMPS:
            raise UnreadableRecord("too many timestamps")
        stamps = tuple(_asn1_timestamp(item, token) for item, token in zip(chain, tokens, strict=True))
        before = sequence_der(whole for whole, _ in sent[:number]) if number else b""
        chains.append(Chain(algorithm=stamps[0].algorithm if stamps else "", timestamps=stamps, before=before))
    declared = (_digest_name(item["algorithm"]) for item in record["digest_algorithms"])
    return Record(kind=RFC4998, chains=tuple(chains), algorithms=tuple(declared))


def raw_chains(content: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Return each chain of a record, and each of its tokens, byte for byte: they were hashed as they are."""
    top = tlv.element_at(content, 0)
    *_, sequence = tlv.children(content, top)
    found = []
    for chain in tlv.children(content, sequence):
        tokens = []
        for stamp in tlv.children(content, chain):
            *_, token = tlv.children(content, stamp)
            tokens.append(tlv.raw(content, token))
        found.append((tlv.raw(content, chain), tokens))
    return found


def sequence_der(chains: Iterable[bytes]) -> bytes:
    """Return the DER `ArchiveTimeStampSequence` of encoded chains, their bytes unchanged."""
    return tlv.encode(tlv.SEQUENCE, b"".join(chains))


def _asn1_timestamp(item: core.Sequence, token: bytes) -> ArchiveTimestamp:
    time, imprint_algorithm, imprint = token_contents(token)
    _ = item["attributes"].native  # nothing follows from them, but they must be what they say
    stated = item["digest_algorithm"]
    algorithm = _digest_name(stated["algorithm"]) if not isinstance(stated, core.Void) else imprint_algorithm
    tree = item["reduced_hashtree"]
    path: HashLists = ()
    if not isinstance(tree, core.Void):
        path = tuple(tuple(value.native for value in values) for values in tree)
    if path and not path[0]:
        raise UnreadableRecord("an empty list of hash values")
    return ArchiveTimestamp(
        algorithm=algorithm,
        path=path,
        token=token,
        time=time,
        imprint_algorithm=imprint_algorithm,
        imprint=imprint,
        covered_by_next=token,
    )


def _digest_name(identifier: core.ObjectIdentifier) -> str:
    name = name_of(identifier.dotted)
    if name is None:
        raise UnknownAlgorithm(identifier.dotted)
    return name


def token_contents(token: bytes) -> tuple[datetime, str, bytes]:
    """Return a token's genTime, and the algorithm and value of what it stamps.

    Raises:
        UnreadableRecord: it is no timestamp token.
        UnknownAlgorithm: its imprint's algorithm is not known.
    """
    content = cms.ContentInfo.load(token)
    if content["content_type"].native != "signed_data":
        raise UnreadableRecord("a timestamp is no signed data")
    encapsulated = content["content"]["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise UnreadableRecord("a timestamp holds something else")
    info = encapsulated["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise UnreadableRecord("a timestamp holds something else")
    imprint = info["message_imprint"]
    moment = info["gen_time"].native
    return (
        moment.astimezone(UTC),
        _digest_name(imprint["hash_algorithm"]["algorithm"]),
        imprint["hashed_message"].native,
    )


def _read_xml(content: bytes) -> Record:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    tree = etree.fromstring(content, parser)
    if b"<!DOCTYPE" in content:
        raise UnreadableRecord("a document type declaration")
    if tree.tag != f"{_ERS}EvidenceRecord":
        raise UnreadableRecord("the root element is no EvidenceRecord")
    sequence = tree.find(f"{_ERS}ArchiveTimeStampSequence")
    if sequence is None:
        raise UnreadableRecord("it has no ArchiveTimeStampSequence")
    chains = _ordered(sequence, "ArchiveTimeStampChain")
    if sum(len(chain) for chain in chains) > MAX_TIMESTAMPS:
        raise UnreadableRecord("too many timestamps")
    read = tuple(_xml_chain(sequence, chain, number) for number, chain in enumerate(chains))
    return Record(kind=RFC6283, chains=read, algorithms=())


def _xml_chain(sequence: etree._Element, chain: etree._Element, number: int) -> Chain:
    method = chain.find(f"{_ERS}CanonicalizationMethod")
    digest = chain.find(f"{_ERS}DigestMethod")
    if method is None or digest is None:
        raise UnreadableRecord("a chain without DigestMethod or CanonicalizationMethod")
    canonicalization = method.get("Algorithm", "")
    uri = digest.get("Algorithm", "")
    algorithm = _DIGEST_URIS.get(uri)
    if algorithm is None:
        raise UnknownAlgorithm(uri)
    stamps = tuple(_xml_timestamp(item, algorithm, canonicalization) for item in _ordered(chain, "ArchiveTimeStamp"))
    before = _sequence_before(sequence, number, canonicalization) if number else b""
    return Chain(algorithm=algorithm, timestamps=stamps, before=before, canonicalization=canonicalization)


def _xml_timestamp(item: etree._Element, algorithm: str, canonicalization: str) -> ArchiveTimestamp:
    stamp = item.find(f"{_ERS}TimeStamp")
    token = stamp.find(f"{_ERS}TimeStampToken") if stamp is not None else None
    if stamp is None or token is None or (token.get("Type") or "RFC3161") != "RFC3161":
        raise UnreadableRecord("a timestamp that is no RFC 3161 token")
    content = _base64(token.text)
    time, imprint_algorithm, imprint = token_contents(content)
    tree = item.find(f"{_ERS}HashTree")
    path: HashLists = ()
    if tree is not None:
        path = tuple(
            tuple(_base64(value.text) for value in values.findall(f"{_ERS}DigestValue"))
            for values in _ordered(tree, "Sequence")
        )
    if path and not path[0]:
        raise UnreadableRecord("an empty list of hash values")
    return ArchiveTimestamp(
        algorithm=algorithm,
        path=path,
        token=content,
        time=time,
        imprint_algorithm=imprint_algorithm,
        imprint=imprint,
        covered_by_next=canonical(stamp, canonicalization),
    )


def _sequence_before(sequence: etree._Element, count: int, method: str) -> bytes:
    """Return the canonical form of the sequence as it was when it had so many chains."""
    from lxml import etree

    copy = etree.fromstring(etree.tostring(sequence, with_tail=False))
    for chain in _ordered(copy, "ArchiveTimeStampChain")[count:]:
        copy.remove(chain)
    return canonical(copy, method)


def _ordered(parent: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of a name by their Order, which must count from 1."""
    children = parent.findall(f"{_ERS}{name}")
    orders = [int(child.get("Order", "0")) for child in children]
    if sorted(orders) != list(range(1, len(children) + 1)):
        raise UnreadableRecord(f"the Order of {name} does not count from 1")
    return [child for _, child in sorted(zip(orders, children, strict=True), key=lambda pair: pair[0])]


def _base64(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as error:
        raise UnreadableRecord("a value that is not base64") from error


_METHODS = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": (False, False),
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": (False, True),
    "http://www.w3.org/2006/12/xml-c14n11": (False, False),
    "http://www.w3.org/2006/12/xml-c14n11#WithComments": (False, True),
    "http://www.w3.org/2001/10/xml-exc-c14n#": (True, False),
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments": (True, True),
}


def canonical_methods() -> frozenset[str]:
    """Return the URIs of the canonicalisation methods that are known."""
    return frozenset(_METHODS)


def canonical(element: etree._Element, method: str) -> bytes:
    """Return the canonical form of an element by a method's URI.

    Raises:
        UnknownAlgorithm: the method is not known.
    """
    from lxml import etree

    if method not in _METHODS:
        raise UnknownAlgorithm(method)
    exclusive, comments = _METHODS[method]
    alone = etree.fromstring(etree.tostring(element, with_tail=False))  # lxml canonicalises subtrees wrongly
    return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=comments)

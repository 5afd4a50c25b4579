"""The ASN.1 of an evidence record.

Source:
    RFC 4998, Appendix A.1 (implicit tags).
"""

from asn1crypto import algos, cms, core


class HashList(core.SequenceOf):
    """`PartialHashtree`: hash values that are concatenated and hashed together."""

    _child_spec = core.OctetString


class HashLists(core.SequenceOf):
    """The reduced hash tree: lists from the data object up to the root."""

    _child_spec = HashList


class Attributes(core.SetOf):
    """`Attributes` of an archive timestamp; read, never written."""

    _child_spec = cms.CMSAttribute


class ArchiveTimeStamp(core.Sequence):
    """A timestamp and the path from data objects to it."""

    _fields = [
        ("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}),
        ("attributes", Attributes, {"implicit": 1, "optional": True}),
        ("reduced_hashtree", HashLists, {"implicit": 2, "optional": True}),
        ("time_stamp", cms.ContentInfo),
    ]


class ArchiveTimeStampChain(core.SequenceOf):
    """Archive timestamps of one hash algorithm; each covers the one before it."""

    _child_spec = ArchiveTimeStamp


class ArchiveTimeStampSequence(core.SequenceOf):
    """Chains; each covers the data objects and all chains before it."""

    _child_spec = ArchiveTimeStampChain


class DigestAlgorithms(core.SequenceOf):
    """Every hash algorithm the record uses."""

    _child_spec = algos.DigestAlgorithm


class CryptoInfos(core.SequenceOf):
    """Data useful for the record's validation; read over."""

    _child_spec = core.Any


class EvidenceRecord(core.Sequence):
    """The record."""

    _fields = [
        ("version", core.Integer),
        ("digest_algorithms", DigestAlgorithms),
        ("crypto_infos", CryptoInfos, {"implicit": 0, "optional": True}),
        ("encryption_info", CryptoInfos, {"implicit": 1, "optional": True}),
        ("archive_time_stamp_sequence", ArchiveTimeStampSequence),
    ]

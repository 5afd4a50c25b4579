"""What is known about electronic signatures: facts found in a file, and verdicts on them.

Facts come from the bytes alone: no trust, no policy, no clock. A verdict judges facts under a trust store and a
policy at a time, and can be reached again from the stored facts and their validation material.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.findings import Finding, Outcome


class Indication(StrEnum):
    """Main status of a validated signature (ETSI EN 319 102-1 v1.4.1, 5.1.3)."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why a signature failed or stays undecided (ETSI EN 319 102-1 v1.4.1, Table 6 and 5.1.3)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    CUSTOM = "CUSTOM"
    """The file was changed after signing in a way nothing permits, or the checker could not end; findings say which."""


class Process(StrEnum):
    """Which validation process of ETSI EN 319 102-1 reached the verdict (clauses 5.3, 5.5, 5.6)."""

    NONE = "none"
    """No process could be started: the signature cannot be read."""
    BASIC = "basic"
    WITH_TIME = "with-time"
    LONG_TERM = "long-term"
    POINT_IN_TIME = "point-in-time"
    """At a time an evidence record proves, with the material it covers."""


class Integrity(StrEnum):
    """Cryptographic integrity alone: does the signature value fit the signed bytes."""

    INTACT = "intact"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Modification(StrEnum):
    """What happened to the file after it was signed."""

    NONE = "none"
    PERMITTED = "permitted"
    """A further signature, a timestamp, validation data, a form filled in where the signer allowed it."""
    SUSPICIOUS = "suspicious"


class SignatureFormat(StrEnum):
    """The signature as its user knows it: the format of the signed file."""

    PADES = "PAdES"
    PDF = "PDF"
    """A PDF signature of the older SubFilters (adbe.*)."""
    CADES = "CAdES"
    CMS = "CMS"
    """No signing-certificate attribute: plain CMS."""
    XADES = "XAdES"
    XMLDSIG = "XML-DSig"
    ASIC_S = "ASiC-S"
    ASIC_E = "ASiC-E"
    BDOC = "BDOC"
    ADOC = "ADOC"
    ODF = "ODF"
    OOXML = "OOXML"
    SMIME = "S/MIME"
    EDXML = "edXML"


class Level(StrEnum):
    """AdES level as found (ETSI EN 319 122, 132, 142, 162); empty for what is below every level."""

    NONE = ""
    B = "B"
    T = "T"
    LT = "LT"
    LTA = "LTA"


class Role(StrEnum):
    """On whose behalf a signature was made (Decree 30/2020/NĐ-CP, Articles 8 and 12)."""

    UNKNOWN = ""
    PERSON = "person"
    AGENCY = "agency"


class TimestampKind(StrEnum):
    """What a timestamp stamps."""

    SIGNATURE = "signature"
    """The signature value (signature-time-stamp)."""
    CONTENT = "content"
    """The signed data, before it was signed."""
    ARCHIVE = "archive"
    """Signature, certificates and revocation data (archive-time-stamp)."""
    VALIDATION_DATA = "validation-data"
    """References to, or values of, certificates and revocation data (CAdES-X, XAdES-X)."""
    DOCUMENT = "document"
    """A whole document: a PDF revision (DocTimeStamp), or a file that the timestamp lies beside."""
    CONTAINER = "container"
    """Files of an ASiC container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmUse:
    """One algorithm a signature or timestamp rests on."""

    use: str
    """`digest` (of the signed data), `signature`, `certificate` (of a certificate's own signature), `imprint`."""
    name: str
    """Lower case: `sha256`, `sha3-256`, `rsa`, `rsa-pss`, `ecdsa`, `dsa`, `ed25519`; an OID where unknown."""
    key_size: int = 0
    """Bits of the key; 0 for a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a person needs to know of a certificate."""

    id: str
    """SHA-256 of its DER, hexadecimal; the certificate itself is in the material."""
    subject: str
    """Name for people: RFC 4514 text."""
    name: str
    """Common name, or the whole subject where there is none."""
    organisation: str = ""
    issuer: str
    """RFC 4514 text."""
    serial: str
    """Hexadecimal, lower case, without leading zeros."""
    not_before: datetime
    not_after: datetime
    key_algorithm: str = ""
    key_size: int = 0
    role: Role = Role.UNKNOWN
    """What the certificate's own contents suggest; the trust store's purpose decides where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """One RFC 3161 timestamp token as found."""

    id: str
    """Unique within the file."""
    kind: TimestampKind
    token: str = ""
    """Id of the token in the material; empty when it could not be read."""
    time: datetime | None = None
    """genTime."""
    integrity: Integrity
    """Whether the authority's signature over the token's contents verifies."""
    imprint_matches: bool | None = None
    """Whether the token was made for the stamped bytes; none where they are not here or not computed."""
    covers: tuple[str, ...] = ()
    """Ids of the signatures, or names of the files, whose existence it proves."""
    covered_material: tuple[str, ...] = ()
    """Ids of certificates, CRLs, OCSP responses and tokens whose existence it proves; archive and document kinds."""
    certificate: CertificateFacts | None = None
    """The authority's."""
    certificates: tuple[str, ...] = ()
    """Ids of all certificates in the token."""
    algorithms: tuple[AlgorithmUse, ...] = ()
    policy: str = ""
    """Policy OID of the authority."""
    serial: str = ""
    order: int = 0
    """Position among the timestamps of the file: a later one covers an earlier one."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a signature covers."""

    whole_document: bool | None = None
    """Whether everything a reader sees was signed; none where that cannot be told."""
    covered: tuple[str, ...] = ()
    """Files, parts or references that are signed."""
    uncovered: tuple[str, ...] = ()
    """Files or parts beside them that are not."""
    revision: int = 0
    """PDF: the revision that was signed, from 1; 0 elsewhere."""
    revisions: int = 0
    """PDF: how many the file has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """One signature as found: everything that can be told from the bytes alone."""

    id: str
    """Unique within the file: field name, entry and XML Id, or number of the signer."""
    format: SignatureFormat
    form: str = ""
    """Technical form and detail: `ETSI.CAdES.detached`, `XAdES enveloped`, `CAdES detached`."""
    level: Level = Level.NONE
    parent: str = ""
    """Id of the signature that this one countersigns."""
    integrity: Integrity
    failure: SubIndication | None = None
    """The sub-indication when the bytes alone decide: FORMAT_FAILURE, HASH_FAILURE, SIG_CRYPTO_FAILURE,
    NO_SIGNING_CERTIFICATE_FOUND, SIGNED_DATA_NOT_FOUND, SIG_CONSTRAINTS_FAILURE."""
    scope: Scope = Scope()
    modification: Modification = Modification.NONE
    changes: tuple[str, ...] = ()
    """What was changed after signing, in the checker's words: `LTA_UPDATES`, `FORM_FILLING`, `page added`."""
    certificate: CertificateFacts | None = None
    """The signing certificate."""
    certificates: tuple[str, ...] = ()
    """Ids of all certificates the signature carries or its file offers."""
    revocations: tuple[str, ...] = ()
    """Ids of the CRLs and OCSP responses the signature carries or its file offers."""
    claimed_signing_time: datetime | None = None
    algorithms: tuple[AlgorithmUse, ...] = ()
    policy: str = ""
    """Identifier of the signature policy (EPES); empty when there is none."""
    reason: str = ""
    """Commitment or reason the signer stated."""
    location: str = ""
    value: str = ""
    """SHA-256 of the signature value, hexadecimal."""
    timestamps: tuple[TimestampFacts, ...] = ()
    """Timestamps inside the signature."""
    findings: tuple[Finding, ...] = ()


class EvidenceState(StrEnum):
    """What an evidence record found in a container says of the container's files."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_COVERING = "not-covering"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFacts:
    """One evidence record inside a signed container."""

    id: str
    """Its entry name."""
    kind: str
    """`RFC 4998` or `RFC 6283`."""
    state: EvidenceState
    time: datetime | None = None
    """Time of its first timestamp."""
    covered: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class SignedState(StrEnum):
    """Four different answers, none of which is `valid`."""

    SIGNED = "signed"
    """Signatures were found (each may still be unreadable by itself)."""
    UNSIGNED = "unsigned"
    """The type can carry signatures; there is none."""
    NOT_SIGNABLE = "not-signable"
    """Files of this type carry no signatures of their own."""
    UNREADABLE = "unreadable"
    """It cannot be told: damaged, encrypted, over a limit, or not supported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSignatures:
    """Everything found in one file."""

    path: str
    kind: str = ""
    """What the file was read as: `pdf`, `cms`, `xml`, `asic-s`, `asic-e`, `odf`, `ooxml`, `smime`; empty: nothing."""
    state: SignedState
    signatures: tuple[SignatureFacts, ...] = ()
    timestamps: tuple[TimestampFacts, ...] = ()
    """Timestamps that stamp the file or the container rather than one signature."""
    evidence: tuple[EvidenceFacts, ...] = ()
    findings: tuple[Finding, ...] = ()


class ProofSource(StrEnum):
    """What proves that something existed at a time."""

    TIMESTAMP = "timestamp"
    EVIDENCE_RECORD = "evidence-record"
    CHECK = "check"
    """This very check: it exists now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfExistence:
    """A proof that the signature existed at a time (POE)."""

    time: datetime
    source: ProofSource
    reference: str = ""
    """Id of the timestamp or record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationUse:
    """The revocation data that decided about one certificate."""

    certificate: str
    """Id of the certificate."""
    material: str = ""
    """Id of the CRL or OCSP response; empty when there is none."""
    kind: str = ""
    """`crl` or `ocsp`."""
    status: str
    """`good`, `revoked`, `unknown` or `not-needed`."""
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampVerdict:
    """What a timestamp is worth."""

    id: str
    outcome: Outcome
    sub_indication: SubIndication | None = None
    time: datetime | None = None
    chain: tuple[str, ...] = ()
    """Ids of the certificates from the authority's to the anchor."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """The judgement of one signature under a trust store and a policy, at a time."""

    id: str
    """Id of the signature it judges."""
    indication: Indication
    sub_indication: SubIndication | None = None
    engine_value: str = ""
    """The path validation library's own word for it, where it had one."""
    process: Process
    validation_time: datetime
    best_signature_time: datetime | None = None
    """Earliest time at which the signature is proven to have existed; none when nothing but the check proves it."""
    proofs: tuple[ProofOfExistence, ...] = ()
    """Earliest first."""
    role: Role = Role.UNKNOWN
    anchor: str = ""
    """Id of the trust anchor the path ends in; empty when there is none."""
    chain: tuple[str, ...] = ()
    """Ids of the certificates from the signer's to the anchor."""
    revocations: tuple[RevocationUse, ...] = ()
    timestamps: tuple[TimestampVerdict, ...] = ()
    holds_until: datetime | None = None
    """Until when this verdict can be reached again without further proof: the earliest end of a certificate it needs
    or of an algorithm's use; none when it holds no longer or never did."""
    policy: str = ""
    """Id of the signature policy."""
    trust: str = ""
    """Id of the state of the trust store."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """One file: what was found in it, and what it is worth."""

    file: FileSignatures
    verdicts: tuple[SignatureVerdict, ...] = ()
    """One for each signature, in the same order."""
    timestamps: tuple[TimestampVerdict, ...] = ()
    """One for each timestamp of the file, in the same order."""
    outcome: Outcome
    checked_at: datetime
    policy: str = ""
    trust: str = ""

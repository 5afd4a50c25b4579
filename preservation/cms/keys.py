"""Signature values: which scheme an algorithm identifier means, and whether a value fits the bytes.

Source:
    RFC 3370, RFC 4056, RFC 5754, RFC 8017, RFC 8419, RFC 8702, BSI TR-03111
"""

from dataclasses import dataclass, replace

from asn1crypto import algos, core, keys
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from preservation.cms import tlv
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes, name_of

__all__ = ["SignatureScheme", "UnsupportedAlgorithm", "key_of", "scheme_of", "verify", "verify_digest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureScheme:
    """How a signature value is checked."""

    algorithm: str
    """`rsa`, `rsa-pss`, `ecdsa`, `dsa`, `ed25519` or `ed448`."""
    digest: str = ""
    """Canonical name; empty for EdDSA."""
    salt_length: int | None = None
    """RSA-PSS; none where the encoding leaves it open."""
    mgf_digest: str | None = None
    """RSA-PSS: digest of the mask generation function."""
    plain_ecdsa: bool = False
    """The value is r||s (XML-DSig, BSI TR-03111), not a DER sequence."""


_RSA = "1.2.840.113549.1.1."
_NIST = "2.16.840.1.101.3.4.3."
_PLAIN = "0.4.0.127.0.7.1.1.4.1."
_PSS = _RSA + "10"
_FIXED: dict[str, tuple[str, str]] = {
    _RSA + "4": ("rsa", "md5"),
    "1.3.14.3.2.3": ("rsa", "md5"),
    _RSA + "5": ("rsa", "sha1"),
    "1.3.14.3.2.29": ("rsa", "sha1"),
    _RSA + "14": ("rsa", "sha224"),
    _RSA + "11": ("rsa", "sha256"),
    _RSA + "12": ("rsa", "sha384"),
    _RSA + "13": ("rsa", "sha512"),
    _RSA + "15": ("rsa", "sha512-224"),
    _RSA + "16": ("rsa", "sha512-256"),
    "1.3.36.3.3.1.2": ("rsa", "ripemd160"),
    _NIST + "13": ("rsa", "sha3-224"),
    _NIST + "14": ("rsa", "sha3-256"),
    _NIST + "15": ("rsa", "sha3-384"),
    _NIST + "16": ("rsa", "sha3-512"),
    "1.2.840.10040.4.3": ("dsa", "sha1"),
    "1.3.14.3.2.13": ("dsa", "sha1"),
    "1.3.14.3.2.27": ("dsa", "sha1"),
    _NIST + "1": ("dsa", "sha224"),
    _NIST + "2": ("dsa", "sha256"),
    _NIST + "3": ("dsa", "sha384"),
    _NIST + "4": ("dsa", "sha512"),
    _NIST + "5": ("dsa", "sha3-224"),
    _NIST + "6": ("dsa", "sha3-256"),
    _NIST + "7": ("dsa", "sha3-384"),
    _NIST + "8": ("dsa", "sha3-512"),
    "1.2.840.10045.4.1": ("ecdsa", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    _NIST + "9": ("ecdsa", "sha3-224"),
    _NIST + "10": ("ecdsa", "sha3-256"),
    _NIST + "11": ("ecdsa", "sha3-384"),
    _NIST + "12": ("ecdsa", "sha3-512"),
    _PLAIN + "1": ("ecdsa", "sha1"),
    _PLAIN + "2": ("ecdsa", "sha224"),
    _PLAIN + "3": ("ecdsa", "sha256"),
    _PLAIN + "4": ("ecdsa", "sha384"),
    _PLAIN + "5": ("ecdsa", "sha512"),
    "1.3.101.112": ("ed25519", ""),
    "1.3.101.113": ("ed448", ""),
}
_BARE = {
    _RSA + "1": "rsa",
    "1.2.840.10040.4.1": "dsa",
    "1.2.840.10045.4": "ecdsa",
    "1.2.840.10045.4.3": "ecdsa",
    "1.2.840.10045.2.1": "ecdsa",
}
"""Algorithms that leave the digest to the signer's digest algorithm."""

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha512-224": hashes.SHA512_224,
    "sha512-256": hashes.SHA512_256,
    "sha3-224": hashes.SHA3_224,
    "sha3-256": hashes.SHA3_256,
    "sha3-384": hashes.SHA3_384,
    "sha3-512": hashes.SHA3_512,
}


def scheme_of(signature_algorithm: algos.SignedDigestAlgorithm, digest_name: str | None) -> SignatureScheme:
    """Return the scheme an algorithm identifier means.

    Args:
        signature_algorithm: from a signer, certificate or OCSP response.
        digest_name: canonical name of the digest beside it, for identifiers that leave the digest open.
    Raises:
        UnsupportedAlgorithm: the identifier is not known.
    """
    oid = signature_algorithm["algorithm"].dotted
    if (signature_algorithm["algorithm"].contents or b"")[-1:] >= b"\x80":
        # Its last number is cut off; the library would take what comes before for the whole.
        raise UnsupportedAlgorithm(oid)
    if oid in _FIXED:
        algorithm, digest = _FIXED[oid]
        return SignatureScheme(algorithm=algorithm, digest=digest, plain_ecdsa=oid.startswith(_PLAIN))
    if oid in _BARE:
        if not digest_name:
            raise UnsupportedAlgorithm(oid)
        return SignatureScheme(algorithm=_BARE[oid], digest=digest_name)
    if oid == _PSS:
        return _pss_scheme(signature_algorithm)
    raise UnsupportedAlgorithm(oid)


def verify(public_key: keys.PublicKeyInfo, signature: bytes, data: bytes, scheme: SignatureScheme) -> bool:
    """Return whether a signature value fits the bytes.

    Raises:
        UnsupportedAlgorithm: the key or the scheme cannot be used here; a mere mismatch never raises.
    """
    if scheme.algorithm in ("ed25519", "ed448"):
        key = key_of(public_key)
        if not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            return False
        try:
            key.verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True
    return verify_digest(public_key, signature, digest_bytes(data, scheme.digest), scheme)


def verify_digest(public_key: keys.PublicKeyInfo, signature: bytes, digest: bytes, scheme: SignatureScheme) -> bool:
    """Return whether a signature value fits bytes of which only the digest is here.

    Raises:
        UnsupportedAlgorithm: the key or the scheme cannot be used here, or needs the bytes themselves (EdDSA).
    """
    if scheme.digest not in _HASHES:
        raise UnsupportedAlgorithm(scheme.digest or scheme.algorithm)
    hashed = utils.Prehashed(_HASHES[scheme.digest]())
    key = key_of(public_key)
    try:
        _check(key, signature, digest, scheme, hashed)
    except (InvalidSignature, ValueError):
        return False
    except LibraryUnsupported as exc:
        raise UnsupportedAlgorithm(f"{scheme.algorithm} {scheme.digest}") from exc
    return True


def key_of(
    public_key: keys.PublicKeyInfo,
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey:
    """Return a usable key; a sound RSA modulus that was written as a negative number is read as it was meant.

    Raises:
        UnsupportedAlgorithm: it cannot be used here.
    """
    oid = public_key["algorithm"]["algorithm"].dotted
    try:
        if oid in (_RSA + "1", _PSS):
            return _rsa_key(public_key)
        key = load_der_public_key(tlv.sequence_as_sent(public_key))
    except UnsupportedAlgorithm:
        raise
    except (ValueError, TypeError, KeyError, LibraryUnsupported) as exc:
        raise UnsupportedAlgorithm(oid) from exc
    if isinstance(key, ec.EllipticCurvePublicKey | dsa.DSAPublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key
    raise UnsupportedAlgorithm(oid)


def _check(key: object, signature: bytes, digest: bytes, scheme: SignatureScheme, hashed: utils.Prehashed) -> None:
    """Verify or raise `InvalidSignature`; a key of another kind than the scheme's is a mismatch."""
    if isinstance(key, rsa.RSAPublicKey) and scheme.algorithm == "rsa":
        key.verify(signature, digest, padding.PKCS1v15(), hashed)
    elif isinstance(key, rsa.RSAPublicKey) and scheme.algorithm == "rsa-pss":
        mgf = _HASHES.get(scheme.mgf_digest or scheme.digest)
        if mgf is None:
            raise UnsupportedAlgorithm(scheme.mgf_digest or "")
        length = padding.PSS.AUTO if scheme.salt_length is None else scheme.salt_length
        key.verify(signature, digest, padding.PSS(padding.MGF1(mgf()), length), hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and scheme.algorithm == "ecdsa":
        key.verify(_der_ecdsa(signature) if scheme.plain_ecdsa else signature, digest, ec.ECDSA(hashed))
    elif isinstance(key, dsa.DSAPublicKey) and scheme.algorithm == "dsa":
        key.verify(_der_ecdsa(signature) if scheme.plain_ecdsa else signature, digest, hashed)
    else:
        raise InvalidSignature


def _der_ecdsa(signature: bytes) -> bytes:
    half, odd = divmod(len(signature), 2)
    if odd or not half:
        raise InvalidSignature
    return utils.encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def _pss_scheme(signature_algorithm: algos.SignedDigestAlgorithm) -> SignatureScheme:
    parameters = signature_algorithm["parameters"]
    scheme = SignatureScheme(algorithm="rsa-pss", digest="sha1", salt_length=20, mgf_digest="sha1")
    if isinstance(parameters, core.Void | core.Null):
        return scheme
    if not isinstance(parameters, algos.RSASSAPSSParams):
        parameters = algos.RSASSAPSSParams.load(parameters.dump())
    digest = parameters["hash_algorithm"]["algorithm"].dotted
    mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].dotted
    names = name_of(digest), name_of(mask)
    if names[0] is None or names[1] is None:
        raise UnsupportedAlgorithm(digest if names[0] is None else mask)
    return replace(scheme, digest=names[0], mgf_digest=names[1], salt_length=int(parameters["salt_length"].native))


def _rsa_key(public_key: keys.PublicKeyInfo) -> rsa.RSAPublicKey:
    parsed = keys.RSAPublicKey.load(bytes(public_key["public_key"]))
    modulus, exponent = (_unsigned(parsed[name]) for name in ("modulus", "public_exponent"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _unsigned(number: core.Integer) -> int:
    return int.from_bytes(number.contents or b"", "big")

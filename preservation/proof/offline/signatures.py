"""Signature values verified with whole numbers alone: RSA and ECDSA, without any library.

Only public values pass through here, so nothing needs to run in constant time.

Source:
    RFC 8017 8.1.2, 8.2.2, 9.1.2; RFC 5480; FIPS 186-5 6.4.2, SP 800-186 3.2.1
"""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import algos, core, keys

from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes, name_of, new

_MAX_BITS = 16384
_MAX_EXPONENT = 1 << 64
_RSA = "1.2.840.113549.1.1."
_NIST = "2.16.840.1.101.3.4.3."
_ECDSA = "1.2.840.10045.4."
_PSS = _RSA + "10"
_SCHEMES = {
    _RSA + "1": ("rsa", ""),
    _RSA + "4": ("rsa", "md5"),
    _RSA + "5": ("rsa", "sha1"),
    _RSA + "11": ("rsa", "sha256"),
    _RSA + "12": ("rsa", "sha384"),
    _RSA + "13": ("rsa", "sha512"),
    _RSA + "14": ("rsa", "sha224"),
    _NIST + "14": ("rsa", "sha3-256"),
    _NIST + "15": ("rsa", "sha3-384"),
    _NIST + "16": ("rsa", "sha3-512"),
    _ECDSA + "1": ("ecdsa", "sha1"),
    _ECDSA + "3.1": ("ecdsa", "sha224"),
    _ECDSA + "3.2": ("ecdsa", "sha256"),
    _ECDSA + "3.3": ("ecdsa", "sha384"),
    _ECDSA + "3.4": ("ecdsa", "sha512"),
    _NIST + "10": ("ecdsa", "sha3-256"),
    _NIST + "11": ("ecdsa", "sha3-384"),
    _NIST + "12": ("ecdsa", "sha3-512"),
}
WEAK_DIGESTS = frozenset({"md5", "sha1"})
"""Nothing that was signed over these proves anything."""
MIN_RSA_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How a value is to be verified."""

    kind: str
    """`rsa`, `rsa-pss` or `ecdsa`."""
    digest: str
    mgf_digest: str = ""
    salt_length: int = 0


def scheme_of(algorithm: algos.SignedDigestAlgorithm, stated_digest: str = "") -> Scheme:
    """Return the scheme of an algorithm identifier.

    Args:
        stated_digest: the digest named beside it, for identifiers that name none.
    Raises:
        UnsupportedAlgorithm: it is not known here.
    """
    oid = algorithm["algorithm"].dotted
    if oid == _PSS:
        return _pss(algorithm["parameters"])
    kind, digest = _SCHEMES.get(oid, ("", ""))
    if not kind or not (digest or stated_digest):
        raise UnsupportedAlgorithm(oid)
    return Scheme(kind=kind, digest=digest or stated_digest)


def _pss(parameters: core.Sequence) -> Scheme:
    def named(identifier: core.Sequence) -> str:
        oid = identifier["algorithm"].dotted
        name = name_of(oid)
        if name is None:
            raise UnsupportedAlgorithm(oid)
        return name

    mask = parameters["mask_gen_algorithm"]
    return Scheme(
        kind="rsa-pss",
        digest=named(parameters["hash_algorithm"]),
        mgf_digest=named(mask["parameters"]),
        salt_length=int(parameters["salt_length"].native),
    )


def weakness(key: keys.PublicKeyInfo, scheme: Scheme) -> str:
    """Return what is too weak to be relied on in a signature; empty when nothing is."""
    if scheme.digest in WEAK_DIGESTS:
        return scheme.digest
    if scheme.kind != "ecdsa" and key.bit_size < MIN_RSA_BITS:
        return f"rsa {key.bit_size}"
    return ""


def fits(key: keys.PublicKeyInfo, scheme: Scheme, content: bytes, value: bytes) -> bool:
    """Tell whether a signature value is that of a key over some bytes.

    Raises:
        UnsupportedAlgorithm: of a kind this program cannot compute.
    """
    digest = digest_bytes(content, scheme.digest)
    if scheme.kind == "ecdsa":
        return _ecdsa(key, digest, value)
    if key.algorithm not in {"rsa", "rsassa_pss"}:
        raise UnsupportedAlgorithm(key.algorithm)
    public = key["public_key"].parsed
    modulus, exponent = int(public["modulus"].native), int(public["public_exponent"].native)
    size = (modulus.bit_length() + 7) // 8
    if modulus.bit_length() > _MAX_BITS or not 1 < exponent < _MAX_EXPONENT:
        raise UnsupportedAlgorithm(f"rsa {modulus.bit_length()}")
    number = int.from_bytes(value, "big")
    if len(value) != size or number >= modulus:
        return False
    encoded = pow(number, exponent, modulus).to_bytes(size, "big")
    if scheme.kind == "rsa":
        return encoded in _pkcs1(scheme.digest, digest, size)
    return _pss_fits(encoded, digest, scheme, modulus.bit_length() - 1)


# --- RSA ---------------------------------------------------------------------------------------------------------


def _pkcs1(name: str, digest: bytes, size: int) -> list[bytes]:
    """Return the encodings of a digest: with and without NULL parameters (RFC 8017 9.2, note 1)."""
    oid = algos.DigestAlgorithmId(name.replace("-", "_")).dump()
    found = []
    for parameters in (b"\x05\x00", b""):
        identifier = _element(0x30, oid + parameters)
        info = _element(0x30, identifier + _element(0x04, digest))
        found.append(b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info)
    return found


def _element(tag: int, contents: bytes) -> bytes:
    return bytes((tag, len(contents))) + contents  # never longer than a digest and its name


def _pss_fits(encoded: bytes, digest: bytes, scheme: Scheme, bits: int) -> bool:
    """EMSA-PSS-VERIFY (RFC 8017 9.1.2)."""
    size = (bits + 7) // 8
    if len(encoded) > size:
        if encoded[0]:
            return False
        encoded = encoded[1:]
    length, salt = len(digest), scheme.salt_length
    if salt < 0 or size < length + salt + 2 or encoded[-1] != 0xBC:
        return False
    masked, fixed = encoded[: size - length - 1], encoded[size - length - 1 : -1]
    unused = 8 * size - bits
    if masked[0] >> (8 - unused) if unused else 0:
        return False
    mask = _mgf1(fixed, len(masked), scheme.mgf_digest)
    block = bytearray(left ^ right for left, right in zip(masked, mask, strict=True))
    block[0] &= 0xFF >> unused
    padding = size - length - salt - 2
    if any(block[:padding]) or block[padding] != 1:
        return False
    return digest_bytes(bytes(8) + digest + bytes(block[padding + 1 :]), scheme.digest) == fixed


def _mgf1(seed: bytes, length: int, name: str) -> bytes:
    rounds = -(-length // new(name).digest_size)
    return b"".join(digest_bytes(seed + count.to_bytes(4, "big"), name) for count in range(rounds))[:length]


# --- ECDSA -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """y² = x³ - 3x + b over the integers modulo p, with a generator of order n."""

    p: int
    b: int
    n: int
    x: int
    y: int

    def holds(self, x: int, y: int) -> bool:
        """Tell whether a point lies on the curve."""
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x + 3 * x - self.b) % self.p == 0

    def add(self, one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
        """Return the sum of two points; none is the point at infinity."""
        if one is None or other is None:
            return other if one is None else one
        (x1, y1), (x2, y2) = one, other
        if x1 == x2 and (y1 + y2) % self.p == 0:
            return None
        rise, run = (3 * x1 * x1 - 3, 2 * y1) if x1 == x2 else (y2 - y1, x2 - x1)
        slope = rise * pow(run, -1, self.p)
        x = (slope * slope - x1 - x2) % self.p
        return x, (slope * (x1 - x) - y1) % self.p

    def combine(self, u: int, v: int, point: tuple[int, int]) -> tuple[int, int] | None:
        """Return u·G + v·point, both at once (Shamir's trick)."""
        generator = (self.x, self.y)
        steps = {"10": generator, "01": point, "11": self.add(generator, point)}
        total: tuple[int, int] | None = None
        for place in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
            total = self.add(total, total)
            step = f"{u >> place & 1}{v >> place & 1}"
            if step != "00":
                total = self.add(total, steps[step])
        return total


CURVES = {
    "secp256r1": Curve(
        p=2**256 - 2**224 + 2**192 + 2**96 - 1,
        b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        x=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        y=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    "secp384r1": Curve(
        p=2**384 - 2**128 - 2**96 + 2**32 - 1,
        b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        x=0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        y=0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
    "secp521r1": Curve(
        p=2**521 - 1,
        b=0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
        n=0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
        x=0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
        y=0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
    ),
}


def _ecdsa(key: keys.PublicKeyInfo, digest: bytes, value: bytes) -> bool:
    """ECDSA verification (FIPS 186-5 6.4.2)."""
    if key.algorithm != "ec" or key.curve[0] != "named" or key.curve[1] not in CURVES:
        raise UnsupportedAlgorithm(key.algorithm if key.algorithm != "ec" else f"ec {key.curve[1]}")
    curve = CURVES[key.curve[1]]
    point = key["public_key"].to_coords()
    if not curve.holds(*point):
        return False
    pair = algos.DSASignature.load(value)
    r, s = int(pair["r"].native), int(pair["s"].native)
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    surplus = max(0, 8 * len(digest) - curve.n.bit_length())
    number = int.from_bytes(digest, "big") >> surplus
    inverse = pow(s, -1, curve.n)
    total = curve.combine(number * inverse % curve.n, r * inverse % curve.n, point)
    return total is not None and total[0] % curve.n == r

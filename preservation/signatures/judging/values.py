"""What a judgement is given: trust, policy, the time, and what may fetch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from model.material import Material
from model.signatures import ProofOfExistence
from preservation.signatures.policy import SignaturePolicy
from preservation.trust.store import TrustStore


class Collector(Protocol):
    """Fetches validation material that is missing."""

    def collect(self, chain: Sequence[bytes], material: Material, at: datetime, policy: SignaturePolicy) -> None:
        """Add what can be fetched for a chain to the material; never raises for what cannot be had.

        Args:
            chain: certificates as DER, from the signer's upwards as far as they are known.
            material: takes the certificates, CRLs and OCSP responses that were fetched.
            at: time of the check.
            policy: says what may be fetched, and from where.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """Under what, and for which time, signatures are judged."""

    trust: TrustStore
    policy: SignaturePolicy
    at: datetime
    """Aware."""
    collector: Collector | None = None
    """None: only what is here counts."""
    proofs: tuple[ProofOfExistence, ...] = ()
    """Proofs from outside the file: evidence records that cover it and its material. The archive's own clock
    (`CHECK`) is listed but proves nothing."""

"""The timestamp authorities of an archive, asked as its configuration says, and what their tokens say.

A token is taken only when it is right in every respect and its authority is trusted for timestamps.

Source:
    RFC 3161 2.4; ETSI EN 319 102-1 5.4
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from archive.archive import Archive
from archive.evidence.settings import AuthoritySetting, TsaSetting
from model.errors import ConfigurationError, TimestampError
from model.material import Material, MaterialItem
from model.signatures import TimestampKind
from model.text import N_
from preservation.signatures.judging.tokens import token_check, token_material
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import SignaturePolicy, load_signature_policy
from preservation.timestamps.client import TimestampAuthority, TimestampClient
from preservation.timestamps.token import timestamp_facts
from preservation.trust.collect import FetchingCollector
from preservation.trust.fetch import Fetcher
from preservation.trust.lists import read_list
from preservation.trust.store import EMPTY_TRUST, TrustStore, load_trust

Stamp = Callable[[bytes], bytes]
"""Gives a verified timestamp token over a digest.

Raises:
    TimestampError: no authority gave one that can be relied on.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What a token says of itself."""

    time: datetime
    tsa: str
    """Name in the authority's certificate."""
    policy: str
    expires: datetime
    """End of the authority's certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTrust:
    """Under what an archive judges timestamp tokens."""

    archive: Archive
    trust: TrustStore
    policy: SignaturePolicy

    @classmethod
    def of(cls, archive: Archive) -> "TokenTrust":
        """Load an archive's trust folder and signature policy.

        Raises:
            ConfigurationError: they cannot be used.
        """
        settings = archive.configuration.signatures
        folder = settings.trust_folder(archive.folder)
        return cls(
            archive=archive,
            trust=load_trust(folder, read_list) if folder else EMPTY_TRUST,
            policy=load_signature_policy(settings.policy_file(archive.folder)),
        )

    def collector(self) -> FetchingCollector | None:
        """Return what fetches missing validation data for one token; none where fetching is off."""
        fetching = self.policy.fetch
        if not (self.archive.configuration.signatures.fetch and fetching.enabled):
            return None
        return FetchingCollector(Fetcher(fetching, self.archive.fetched_folder, self.archive.clock).fetch)

    def client(self, authority: AuthoritySetting, environment: Mapping[str, str] = os.environ) -> TimestampClient:
        """Return what asks an authority's addresses in their order.

        Raises:
            ConfigurationError: a secret it needs is not in the environment.
        """
        check = token_check(self.trust, self.policy, self.archive.clock.now, self.collector)
        addresses = [_address(self.archive, item, environment) for item in authority.addresses]
        return TimestampClient(addresses, check, clock=self.archive.clock)

    def stamp(self, authority: AuthoritySetting) -> Stamp:
        """Return what has digests by the authority's algorithm stamped."""
        client = self.client(authority)
        return lambda digest: client.timestamp(digest, authority.algorithm).token

    def material(self, token: bytes, algorithm: str, imprint: bytes) -> Iterable[MaterialItem]:
        """Return the certificates and revocation data that prove a token valid now, as far as they can be had."""
        judging = Judging(trust=self.trust, policy=self.policy, at=self.archive.clock.now(), collector=self.collector())
        return token_material(token, lambda name: imprint if name == algorithm else None, judging)


def token_facts(token: bytes, algorithm: str, imprint: bytes) -> TokenFacts:
    """Return what a token says of itself.

    Raises:
        TimestampError: it is no timestamp over this value, or does not say who made it.
    """
    facts = timestamp_facts(
        token,
        lambda name: imprint if name == algorithm else None,
        id="timestamp",
        kind=TimestampKind.ARCHIVE,
        material=Material(),
    )
    if facts.time is None or facts.certificate is None or not facts.imprint_matches:
        raise TimestampError(
            N_("A stored timestamp is not the one of its batch."),
            hint=N_("Run `chauban verify --all --repair`: a good copy replaces it."),
        )
    certificate = facts.certificate
    return TokenFacts(time=facts.time, tsa=certificate.name, policy=facts.policy, expires=certificate.not_after)


def _address(archive: Archive, setting: TsaSetting, environment: Mapping[str, str]) -> TimestampAuthority:
    return TimestampAuthority(
        url=setting.url,
        user=_secret(setting.user_env, setting.url, environment),
        password=_secret(setting.password_env, setting.url, environment),
        client_certificate=archive.folder / setting.client_certificate if setting.client_certificate else None,
        tls_authorities=archive.folder / setting.tls_authorities if setting.tls_authorities else None,
        timeout=setting.timeout,
        policy=setting.policy,
    )


def _secret(variable: str, url: str, environment: Mapping[str, str]) -> str:
    if variable and variable not in environment:
        raise ConfigurationError(
            N_("The environment variable {variable} for the timestamp authority {authority} is not set."),
            hint=N_("Set it for the account that runs the program."),
            variable=variable,
            authority=url,
        )
    return environment[variable] if variable else ""

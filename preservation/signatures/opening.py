"""How a signature checker is set up from a trust folder, a policy and the wish to fetch."""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from preservation.signatures.checker import SignatureChecker
from preservation.signatures.policy import load_signature_policy
from preservation.trust.fetch import Fetcher


def open_checker(
    trust: Path | None = None,
    policy: Path | None = None,
    *,
    fetch: bool | None = None,
    cache: Path | None = None,
    at: datetime | None = None,
) -> SignatureChecker:
    """Return a checker, a context manager.

    Args:
        trust: the trust folder; without one nothing is trusted.
        policy: the signature policy; the shipped one by default.
        fetch: fetch what the policy lists, or never; none: as the policy says.
        cache: folder of what was fetched; the user's by default.
        at: the time to judge at; now by default.

    Raises:
        ConfigurationError: the trust folder or the policy cannot be used.
    """
    settings = load_signature_policy(policy).fetch
    wanted = settings.enabled if fetch is None else fetch
    fetcher = Fetcher(replace(settings, enabled=True), cache or _user_cache()) if wanted else None
    return SignatureChecker(trust, policy, fetcher=fetcher, at=at)


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "chauban" / "validation-data"

"""What may be fetched, and from where."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from preservation.network.http import Address, NotAnswered, Target, target_of

_STANDARD_PORTS = {80, 443}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """Whether, from where and how much validation material may be fetched."""

    enabled: bool = False
    allow: tuple[str, ...] = ()
    """Hosts (`crl.example.vn`, with a port `crl.example.vn:8080`), hosts with subdomains (`*.example.vn`), beginnings
    of addresses (`http://…/`). Addresses that are not public (loopback, private networks) are refused even where the
    host is listed, unless they are listed themselves: `10.0.0.8`, `10.0.0.0/8`, `http://10.0.0.8/crl/`."""
    timeout: float = 10.0
    """Seconds to connect, and between two pieces of an answer."""
    total: float = 30.0
    """Seconds of one request, and of all requests for one file."""
    max_requests: int = 20
    """Requests for one file."""
    max_crl: int = 32 << 20
    """Bytes."""
    max_ocsp: int = 1 << 20
    max_certificate: int = 256 << 10
    cache: timedelta = timedelta(hours=12)
    """How long an answer is kept; no longer than to its own next update."""


class AllowList:
    """Decides which addresses may be asked.

    Args:
        patterns: as in `FetchSettings.allow`.
    """

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._hosts: set[tuple[str, int]] = set()
        self._domains: list[str] = []
        self._beginnings: list[Target] = []
        self._networks: list[Network] = []
        self._addresses: list[Network] = []
        """What may be connected to although it is not public: the networks, and the listed hosts that are numbers."""
        for pattern in patterns:
            self._add(pattern.strip())

    def _add(self, pattern: str) -> None:
        network = _network(pattern)
        if network is not None:
            self._networks.append(network)
            self._addresses.append(network)
        elif "://" in pattern:
            self._add_beginning(pattern)
        elif pattern.startswith("*."):
            self._domains.append(pattern[1:].lower())
        elif pattern:
            self._add_host(pattern.lower())

    def _add_beginning(self, pattern: str) -> None:
        try:
            beginning = target_of(pattern)
        except NotAnswered:
            return
        self._beginnings.append(beginning)
        self._add_number(beginning.host)

    def _add_host(self, pattern: str) -> None:
        host, _, port = pattern.rpartition(":")
        if host and port.isdecimal():
            host = host.strip("[]").rstrip(".")
            self._hosts.add((host, int(port)))
            self._add_number(host)
        else:
            self._hosts.update((pattern.rstrip("."), standard) for standard in _STANDARD_PORTS)

    def _add_number(self, host: str) -> None:
        network = _network(host)
        if network is not None:
            self._addresses.append(network)

    def permits(self, url: str) -> bool:
        """Tell whether an address may be asked, before its name is resolved."""
        try:
            target = target_of(url)
        except NotAnswered:
            return False
        if (target.host, target.port) in self._hosts or any(_begins(target, one) for one in self._beginnings):
            return True
        if target.port not in _STANDARD_PORTS:
            return False
        literal = _literal(target.host)
        if literal is not None:
            return any(literal in network for network in self._networks)
        return any(target.host.endswith(domain) for domain in self._domains)

    def permits_address(self, address: Address) -> bool:
        """Tell whether an address that a name resolved to may be connected to."""
        return is_public(address) or any(address in network for network in self._addresses)


def _begins(target: Target, beginning: Target) -> bool:
    same = (target.scheme, target.host, target.port) == (beginning.scheme, beginning.host, beginning.port)
    return same and target.path.startswith(beginning.path)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public network, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
        if address in _TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): an IPv4 address in the last four bytes."""

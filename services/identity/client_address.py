"""Whose address a request comes from, behind the edge: X-Forwarded-For is believed only as far as trusted proxies wrote it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from services.identity.settings import Network

_IPV6_PREFIX = 64
_UNKNOWN = "unknown"


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy; of IPv6 the /64, which is what one household has."""
    hops = [part.strip() for line in forwarded for part in line.split(",")]
    found = _parse(peer)
    for hop in reversed(hops):
        if found is None or not _within(found, trusted):
            break
        before = _parse(hop)
        if before is None:
            break
        found = before
    if found is None:
        return _UNKNOWN
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(found)


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address

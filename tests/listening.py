"""Where processes listen."""

import ipaddress
from collections.abc import Iterable

import psutil

__all__ = ["beyond_loopback", "doors", "family"]


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def doors(processes: Iterable[psutil.Process]) -> list:
    """The addresses at which processes listen, as far as they live."""
    found = []
    for one in processes:
        try:
            sockets = one.net_connections(kind="inet")
        except psutil.Error:
            continue
        found += [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
    return found


def beyond_loopback(addresses: Iterable) -> list:
    """Those of the addresses that other machines can reach."""
    return [one for one in addresses if not _plain(one.ip).is_loopback]


def _plain(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; of IPv4 where it is written as one of IPv6 (`::ffff:127.0.0.1`)."""
    address = ipaddress.ip_address(ip)
    return getattr(address, "ipv4_mapped", None) or address

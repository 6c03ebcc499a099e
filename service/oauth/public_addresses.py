"""Which IP addresses may be connected to because a stranger named them (RFC 6890, CIMD section 6.5)."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

# IANA's special-purpose registry and what is multicast or reserved. Python's own `is_global` lacks some, and has others.
_SPECIAL_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of a carrier (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, with 169.254.169.254 that hands out credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# The only block that hosts on the internet have addresses of. Outside are loopback, link-local, site-local, unique-local
# and multicast, and the IPv4-mapped, IPv4-compatible and NAT64 forms, each a way to an IPv4 address.
_UNICAST_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols, with Teredo, benchmarks and ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3ffe::/16",  # 6bone, given back (RFC 3701)
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Whether ADDRESS is that of one host on the internet, and of nothing that only our own network reaches."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _SPECIAL_IPV4)
    return ip.scope_id is None and ip in _UNICAST_IPV6 and not any(ip in network for network in _SPECIAL_IPV6)

"""Which addresses may be asked: the list of the policy against what hostile certificates name."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preservation.network.http import NotAnswered, target_of
from preservation.trust.settings import AllowList, is_public

ALLOW = AllowList(("crl.ca.gov.vn", "*.example.vn", "http://tsa.ca.gov.vn/crl/", "10.1.2.3", "192.168.5.7:8080"))


@pytest.mark.parametrize(
    "url",
    [
        "http://crl.ca.gov.vn/a.crl",
        "https://CRL.ca.gov.vn./a.crl",
        "http://crl.ca.gov.vn:443/a",
        "http://a.example.vn/x?y=1",
        "http://a.b.example.vn",
        "http://tsa.ca.gov.vn/crl/g2.crl",
        "http://10.1.2.3/x",
        "http://192.168.5.7:8080/x",
    ],
)
def test_fetch_listed(url: str) -> None:
    assert ALLOW.permits(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://crl.ca.gov.vn.evil.com/",
        "http://evil.com/crl.ca.gov.vn",
        "http://crl.ca.gov.vn@evil.com/",
        "http://evil.com\\@crl.ca.gov.vn/",
        "http://crl.ca.gov.vn:8080/",
        "http://crl.ca.gov.vn:22/",
        "http://example.vn/",
        "http://notexample.vn/",
        "http://a.example.vn:9000/",
        "http://tsa.ca.gov.vn/",
        "http://tsa.ca.gov.vn/crl",
        "http://tsa.ca.gov.vn/crl/../admin",
        "http://tsa.ca.gov.vn/crl/%2e%2e/admin",
        "http://tsa.ca.gov.vn/crl/..%2fadmin",
        "https://tsa.ca.gov.vn/crl/x",
        "http://tsa.ca.gov.vn:81/crl/x",
        "http://10.1.2.4/",
        "http://192.168.5.7/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "ftp://crl.ca.gov.vn/a.crl",
        "file:///etc/passwd",
        "ldap://crl.ca.gov.vn/cn=x",
        "http:///x",
        "http://crl.ca.gov.vn:99999/",
        "http://crl.ca.gov.vn/\r\nHost: x",
        "http://crl.ca.gov.vn/ x",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "",
        "http://crl.ca.gov.vn/" + "a" * 3000,
    ],
)
def test_fetch_not_listed(url: str) -> None:
    assert not ALLOW.permits(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)
def test_fetch_private_addresses_are_known(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert not ALLOW.permits_address(ipaddress.ip_address(address))


def test_fetch_public_and_listed_addresses() -> None:
    assert is_public(ipaddress.ip_address("113.160.1.1"))
    assert is_public(ipaddress.ip_address("2001:4860:4860::8888"))
    assert is_public(ipaddress.ip_address("::ffff:113.160.1.1"))
    assert ALLOW.permits_address(ipaddress.ip_address("10.1.2.3"))
    assert ALLOW.permits_address(ipaddress.ip_address("192.168.5.7"))
    assert AllowList(("10.0.0.0/8",)).permits("http://10.200.0.1/x")
    assert AllowList(("10.0.0.0/8",)).permits_address(ipaddress.ip_address("10.200.0.1"))
    assert not AllowList(("10.0.0.0/8",)).permits("http://intern.example/x")


def test_fetch_nothing_listed_is_nothing_allowed() -> None:
    assert not AllowList(()).permits("http://crl.ca.gov.vn/")
    assert not AllowList(("",)).permits("http://crl.ca.gov.vn/")


@given(st.text(max_size=60))
def test_fetch_any_text_is_decided(text: str) -> None:
    AllowList((text,)).permits("http://crl.example.vn/")
    if ALLOW.permits(text):
        assert target_of(text).host.endswith(("gov.vn", ".example.vn", "10.1.2.3", "192.168.5.7"))


@given(st.text(alphabet="htps:/@.%2e\\#?[]0127ax", max_size=40))
def test_fetch_odd_addresses_never_reach_another_host(text: str) -> None:
    allow = AllowList(("a.vn",))
    if allow.permits(text):
        assert target_of(text).host == "a.vn"
    else:
        try:
            target = target_of(text)
        except NotAnswered:
            return
        assert (target.host, target.port) not in {("a.vn", 80), ("a.vn", 443)}

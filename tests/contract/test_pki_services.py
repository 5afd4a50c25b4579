"""The test PKI itself: what it gives is what other programs accept, at any time, and nothing waits for a key."""

import hashlib
import subprocess
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import crl, ocsp, pem, tsp, x509

from tests.fakes.pki import ANCHORS, SIGNED, Pki, pki, serve, write_trust
from tests.fakes.signing import Signing, plain_pdf, sign_cms, sign_pdf, sign_xml
from tests.fakes.tokens import make_response

LABELS = [label.value for label in pki().arch._cert_specs]


def write_pem(path: Path, *certificates: bytes) -> Path:
    path.write_bytes(b"".join(pem.armor("CERTIFICATE", der) for der in certificates))
    return path


@pytest.mark.parametrize("label", LABELS)
def test_pki_every_certificate_is_made_and_has_its_key(label: str) -> None:
    certificate = pki().asn1(label)
    assert x509.Certificate.load(pki().certificate(label)).subject == certificate.subject
    public = pki().key(label).public_key()
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    assert certificate.public_key.dump() == public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if pki().issuer(label) != label:
        assert certificate.authority_key_identifier == pki().asn1(pki().issuer(label)).key_identifier


def test_pki_is_quick_to_make_and_the_same_each_time() -> None:
    started = time.process_time()
    other = Pki()
    assert other.certificate("person") == pki().certificate("person")
    assert other.crl("public-ca") == pki().crl("public-ca")
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("label", "when", "revoked"),
    [
        ("person", SIGNED, False),
        ("person-revoked-before", SIGNED, True),
        ("person-revoked-before", datetime(2026, 1, 1, tzinfo=UTC), False),
        ("person-revoked-after", SIGNED, False),
        ("person-revoked-after", datetime(2026, 5, 1, tzinfo=UTC), True),
    ],
)
def test_pki_lists_and_responses_know_the_time(label: str, when: datetime, revoked: bool) -> None:
    listed = crl.CertificateList.load(pki().crl("public-ca", when))["tbs_cert_list"]
    serials = [one["user_certificate"].native for one in listed["revoked_certificates"]]
    assert (pki().asn1(label).serial_number in serials) is revoked
    assert listed["this_update"].native <= when < listed["next_update"].native
    response = ocsp.OCSPResponse.load(pki().ocsp(label, when)).response_data["responses"][0]
    assert response["cert_status"].name == ("revoked" if revoked else "good")


def test_pki_openssl_accepts_the_chains(tmp_path: Path) -> None:
    roots = write_pem(tmp_path / "roots.pem", *(pki().certificate(label) for label in ANCHORS["document-signer"]))
    lists = b"".join(
        pem.armor("X509 CRL", pki().crl(label)) for label in ("root-public", "public-ca", "root-gov", "gov-ca")
    )
    (tmp_path / "lists.pem").write_bytes(lists)
    for label, expected in (("person", 0), ("agency", 0), ("person-revoked-before", 2), ("person-expired", 2)):
        leaf = write_pem(tmp_path / "leaf.pem", pki().certificate(label))
        chain = write_pem(tmp_path / "chain.pem", *pki().chain(label))
        command = ["openssl", "verify", "-crl_check_all", "-attime", str(int(SIGNED.timestamp()))]
        command += ["-CAfile", str(roots), "-untrusted", str(chain), "-CRLfile", str(tmp_path / "lists.pem"), str(leaf)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == expected, label


@pytest.mark.parametrize("tsa", ["tsa", "tsa-ec"])
def test_pki_openssl_accepts_the_timestamps(tmp_path: Path, tsa: str) -> None:
    roots = write_pem(tmp_path / "roots.pem", *(pki().certificate(label) for label in ANCHORS["tsa"]))
    token = pki().timestamp(hashlib.sha256(b"data").digest(), tsa=tsa)
    (tmp_path / "token").write_bytes(make_response(token))
    command = ["openssl", "ts", "-verify", "-digest", hashlib.sha256(b"data").hexdigest()]
    command += ["-in", str(tmp_path / "token"), "-CAfile", str(roots), "-attime", str(int(SIGNED.timestamp()))]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pki_openssl_accepts_the_signatures(tmp_path: Path) -> None:
    roots = write_pem(tmp_path / "roots.pem", *(pki().certificate(label) for label in ANCHORS["document-signer"]))
    (tmp_path / "data").write_bytes(b"noi dung")
    for signing in (Signing(), Signing(signer="person-ec", level="LT"), Signing(signer="person-pss", pss=True)):
        (tmp_path / "data.p7s").write_bytes(sign_cms(b"noi dung", signing))
        command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "data.p7s"), "-content"]
        command += [str(tmp_path / "data"), "-CAfile", str(roots), "-purpose", "any", "-binary"]
        command += ["-attime", str(int(SIGNED.timestamp()))]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0, signing


def test_pki_pyhanko_accepts_the_documents() -> None:
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    for level in ("B", "T", "LT", "LTA"):
        signed = sign_pdf(plain_pdf(pages=2), Signing(level=level), reason="Ban hành")
        assert signed.startswith(plain_pdf(pages=2)), "what was there stays as it was"
        context = ValidationContext(
            trust_roots=[pki().asn1("root-public")],
            moment=SIGNED + timedelta(hours=1),
            crls=[*pki().crls("person"), *pki().crls("tsa")],
            revocation_mode="require",
        )
        status = validate_pdf_signature(PdfFileReader(BytesIO(signed)).embedded_signatures[0], context)
        assert status.bottom_line, status.summary()


@pytest.mark.parametrize("signer", ["person", "person-ec"])
def test_pki_xmlsec_accepts_the_signatures(signer: str) -> None:
    import xmlsec
    from lxml import etree

    for level in ("B", "LT"):
        root = etree.fromstring(sign_xml(b"<a xmlns='urn:x'>\n <b/>\n</a>", Signing(signer=signer, level=level)))
        node = xmlsec.tree.find_node(root, "Signature")
        xmlsec.tree.add_ids(node, ["Id"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pki().certificate(signer), xmlsec.KeyFormat.CERT_DER)
        context.verify(node)


def test_pki_served_on_the_loopback_with_its_own_clock() -> None:
    with serve() as served:
        source = served.pki
        url = source.asn1("person").crl_distribution_points[0]["distribution_point"].chosen[0].native
        assert url.startswith(served.url), "certificates name the server they are served by"
        assert _get(url) == source.crl("public-ca")
        served.clock.time = SIGNED + timedelta(days=400)
        later = crl.CertificateList.load(_get(url))["tbs_cert_list"]
        assert later["this_update"].native.date() == served.clock.time.date()
        assert served.requests == {"/chauban/crls/public-ca/latest.crl": 2}
        assert _get(source.url("certs/public-ca/ca.crt")) == source.certificate("public-ca")


def test_pki_timestamps_over_http_far_in_the_future() -> None:
    with serve(datetime(2071, 1, 1, tzinfo=UTC)) as served:
        query = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)},
                "nonce": 5,
                "cert_req": True,
            }
        ).dump()
        response = tsp.TimeStampResp.load(_get(served.own_tsa("tsa-ec-2068"), query))
        content = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        assert (content["gen_time"].native, content["nonce"].native) == (served.clock.time, 5)


def _get(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
        return bytes(answer.read())


def test_pki_trust_folder_is_read_by_the_program(tmp_path: Path) -> None:
    from preservation.trust.store import Purpose, load_trust

    store = load_trust(write_trust(tmp_path))
    assert len(store.trusted([Purpose.DOCUMENT_SIGNER])) == 3
    assert [anchor.certificate for anchor in store.trusted([Purpose.AGENCY_SEAL])] == [pki().certificate("root-gov")]
    assert not store.findings

"""The local CA: what it can vouch for, how long, when it is made again, and that a running server
goes on.
"""

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from freshtoken_api.serve.authority import Authority, AuthorityError

DAYS = timedelta(days=1)


def handshake(server: ssl.SSLContext, trusted: Path, name: str) -> x509.Certificate:
    """Shake hands in memory as a client that trusts a file; the server's certificate. Raises
    ssl.SSLError.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(trusted)).wrap_bio(
        to_client, to_server, server_hostname=name
    )
    other = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, other]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
    return x509.load_der_x509_certificate(client.getpeercert(binary_form=True) or b"")


def kept(authority: Authority) -> dict[str, bytes]:
    """What is in its folder."""
    return {path.name: path.read_bytes() for path in authority.folder.iterdir()}


def certificate_of(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.certificate.read_bytes())


def remake(
    authority: Authority,
    begins: timedelta,
    ends: timedelta,
    *,
    critical: bool = True,
    constrained: bool = True,
) -> None:
    """Give the CA on disk another certificate of the same key, valid from and to so long from
    now.
    """
    whole, old = (authority.folder / "ca.key").read_bytes(), certificate_of(authority)
    key, now = load_pem_private_key(whole, None), datetime.now(UTC)
    assert isinstance(key, EllipticCurvePrivateKey | RSAPrivateKey)
    builder = x509.CertificateBuilder(
        old.issuer,
        old.subject,
        key.public_key(),
        x509.random_serial_number(),
        now + begins,
        now + ends,
    )
    for extension in old.extensions:
        is_constraint = isinstance(extension.value, x509.NameConstraints)
        if constrained or not is_constraint:
            builder = builder.add_extension(
                extension.value, extension.critical and (critical or not is_constraint)
            )
    own = whole[: whole.index(b"-----BEGIN CERTIFICATE")]
    (authority.folder / "ca.key").write_bytes(
        own + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A fresh CA in a folder of its own."""
    return Authority(tmp_path / "ca")


# ---- What it vouches for


def test_the_constraint_is_critical_and_names_these_domains_and_loopback_only(
    authority: Authority,
) -> None:
    made = certificate_of(authority)
    constraint = made.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraint.critical and constraint.value.excluded_subtrees is None
    permitted = [str(name.value) for name in constraint.value.permitted_subtrees or ()]
    assert permitted == ["salesforce.com", "force.com", "localhost", "127.0.0.0/8", "::1/128"]
    basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and (basic.value.ca, basic.value.path_length) == (True, 0)


@pytest.mark.parametrize(
    "name", ["login.salesforce.com", "acme.lightning.force.com", "localhost", "127.0.0.1", "::1"]
)
def test_a_client_that_trusts_it_believes_the_names_of_salesforce_and_loopback(
    authority: Authority, name: str
) -> None:
    for trusted in (authority.certificate, authority.bundle):
        handshake(authority.context(), trusted, name)


@pytest.mark.parametrize(
    "name", ["example.com", "evilsalesforce.com", "salesforce.com.example.com", "192.0.2.5", "::2"]
)
def test_what_its_key_signs_for_another_name_is_refused(authority: Authority, name: str) -> None:
    stolen = (authority.folder / "ca.key").read_bytes()
    forged = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA.from_pem(stolen, stolen).issue_cert(name).configure_cert(forged)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(forged, authority.certificate, name)


def test_an_address_it_cannot_vouch_for_is_left_out_and_another_loopback_address_is_taken_in(
    authority: Authority,
) -> None:
    context = authority.context(
        "192.0.2.5", "nonsense host", "box.example", "", "127.0.0.9", "0.0.0.0"
    )
    handshake(context, authority.certificate, "127.0.0.9")
    shown = handshake(context, authority.certificate, "login.salesforce.com")
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} & {
        "192.0.2.5",
        "nonsense host",
        "box.example",
        "",
        "0.0.0.0",
    } == set()


# ---- For how long


def test_certificates_live_for_397_days(authority: Authority) -> None:
    now = datetime.now(UTC)
    leaf = handshake(authority.context(), authority.certificate, "localhost")
    for found in (certificate_of(authority), leaf):
        assert found.not_valid_after_utc - found.not_valid_before_utc == 397 * DAYS
        assert now - DAYS < found.not_valid_before_utc <= now


def test_a_sound_ca_is_kept_byte_for_byte(authority: Authority) -> None:
    before = kept(authority)
    assert kept(Authority(authority.folder)) == before
    remake(authority, -365 * DAYS, 31 * DAYS)
    remade = (authority.folder / "ca.key").read_bytes()
    assert kept(Authority(authority.folder))["ca.key"] == remade, (
        "it lasts for more than thirty days"
    )


@pytest.mark.parametrize(
    ("begins", "ends", "how"),
    [
        pytest.param(-DAYS, 29 * DAYS, {}, id="ends in 29 days"),
        pytest.param(-9 * DAYS, -DAYS, {}, id="has ended"),
        pytest.param(DAYS, 300 * DAYS, {}, id="made by a clock that was ahead"),
        pytest.param(-DAYS, 300 * DAYS, {"constrained": False}, id="for any name"),
        pytest.param(-DAYS, 300 * DAYS, {"critical": False}, id="constraint not critical"),
    ],
)
def test_a_ca_that_ends_soon_or_is_not_constrained_is_made_again(
    authority: Authority, begins: timedelta, ends: timedelta, how: dict[str, bool]
) -> None:
    remake(authority, begins, ends, **how)
    before = (authority.folder / "ca.key").read_bytes()
    again = Authority(authority.folder)
    assert kept(again)["ca.key"] != before
    handshake(again.context(), again.bundle, "login.salesforce.com")
    assert {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in again.folder.iterdir()
    } == dict.fromkeys(("ca.key", "ca.pem", "bundle.pem"), 0o600)


def by_an_older_freshtoken(folder: Path) -> bytes:
    """A CA as it was kept before it was constrained: key and certificate apart."""
    made = trustme.CA(
        organization_name="freshtoken", organization_unit_name="local CA, made on this machine"
    )
    folder.mkdir(mode=0o700)
    (folder / "ca.key").write_bytes(made.private_key_pem.bytes())
    (folder / "ca.pem").write_bytes(made.cert_pem.bytes())
    return made.cert_pem.bytes()


def test_the_ca_of_an_older_freshtoken_is_made_again_and_leaves_no_trace(tmp_path: Path) -> None:
    old = by_an_older_freshtoken(tmp_path / "ca")
    authority = Authority(tmp_path / "ca")
    assert all(old not in content for content in kept(authority).values())
    assert (
        certificate_of(authority).extensions.get_extension_for_class(x509.NameConstraints).critical
    )
    handshake(authority.context(), authority.certificate, "login.salesforce.com")


def test_it_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_an_older_freshtoken(tmp_path / "ca")
    before = {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()}

    def full_disk(path: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(AuthorityError, match="No space left"):
        Authority(tmp_path / "ca")
    assert {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()} == before


def test_of_many_that_make_it_at_once_all_use_the_same_in_the_end(tmp_path: Path) -> None:
    by_an_older_freshtoken(tmp_path / "ca")
    made: list[Authority] = []
    together = threading.Barrier(8)

    def make() -> None:
        together.wait()
        made.append(Authority(tmp_path / "ca"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    for authority in made:
        handshake(authority.context(), authority.certificate, "localhost")
        handshake(authority.context(), authority.bundle, "localhost")


def test_a_running_server_goes_on_with_the_ca_that_another_process_made_again(
    authority: Authority,
) -> None:
    serving = authority.context()
    remake(authority, -DAYS, 29 * DAYS)
    first = handshake(serving, Authority(authority.folder).certificate, "localhost")
    second = handshake(serving, authority.certificate, "login.salesforce.com")
    assert first == second, "it takes a new certificate once, not at each handshake"


def test_a_running_server_goes_on_when_the_ca_is_removed_or_broken(
    authority: Authority, tmp_path: Path
) -> None:
    serving, trusted = authority.context(), tmp_path / "trusted.pem"
    trusted.write_bytes(authority.certificate.read_bytes())
    (authority.folder / "ca.key").write_text("not a key")
    handshake(serving, trusted, "localhost")
    (authority.folder / "ca.key").unlink()
    handshake(serving, trusted, "localhost")

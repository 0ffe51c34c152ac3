"""A local certificate authority, for TLS on Salesforce's names. It is not installed in the system:
clients trust it by an environment variable.

It is kept in a folder of the data directory, its key with mode 0600. A name constraint in its
certificate limits what the key can sign to PERMITTED_DOMAINS and PERMITTED_NETWORKS.
"""

import ipaddress
import re
import shlex
import shutil
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder, write_whole

NAMES = (
    *("login.salesforce.com", "test.salesforce.com", "*.salesforce.com", "*.my.salesforce.com"),
    *("*.sandbox.my.salesforce.com", "*.develop.my.salesforce.com", "*.scratch.my.salesforce.com"),
    *("*.force.com", "*.lightning.force.com", "localhost", "127.0.0.1", "::1"),
)
"""The names in a port's certificate; a wildcard covers one label."""
PERMITTED_DOMAINS = ("salesforce.com", "force.com", "localhost")
PERMITTED_NETWORKS = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
"""The names that the CA can sign: these domains with their subdomains, and loopback addresses."""
HOST = re.compile(
    rf"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)*(?:{'|'.join(map(re.escape, PERMITTED_DOMAINS))})",
    re.IGNORECASE,
)
LIFE, RENEWED_BEFORE = timedelta(days=397), timedelta(days=30)
"""How long a certificate is valid, and how long before its end a new CA replaces it."""
SKEW = timedelta(hours=1)
"""How far a client's clock may be behind ours."""


class AuthorityError(Exception):
    """The certificate authority cannot be used; the message says why."""


class Authority:
    """The CA in a folder. It is made if it is missing, about to end, or without a name constraint.

    Key and certificate are one file, so that both are replaced in one step; the other files are
    copies. If two processes make it at the same time, the last one written is used by both.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Raises AuthorityError."""
        self.folder = folder or authority_folder()
        try:
            if not self._is_sound():
                self._make()
            self._copy()
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"The local CA in {self.folder} cannot be used ({error}). Remove it with: "
                f"freshtoken serve ca --remove"
            ) from error

    @property
    def certificate(self) -> Path:
        """The file of the CA's certificate, PEM."""
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The file of the public CAs and this one, PEM, for clients that read a single file."""
        return self.folder / "bundle.pem"

    @property
    def _key(self) -> Path:
        """The file of the key, followed by its certificate, PEM."""
        return self.folder / "ca.key"

    def _is_sound(self) -> bool:
        """Whether there is a CA with the name constraint that does not end soon. Raises OSError;
        ValueError if its file is damaged.
        """
        try:
            kept = self._key.read_bytes()
        except FileNotFoundError:
            return False
        load_pem_private_key(kept, None)
        try:
            certificate = x509.load_pem_x509_certificate(kept)
            constraint = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        except (
            ValueError,
            x509.ExtensionNotFound,
        ):  # of an older freshtoken: the key alone, for any name
            return False
        begins, ends, now = (
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            datetime.now(UTC),
        )
        return (
            constraint.critical
            and constraint.value == _constraint()
            and begins <= now < ends - RENEWED_BEFORE
        )

    def _make(self) -> None:
        """Make the CA; its file is written whole or not at all."""
        make_folder(self.folder)
        write_whole(self._key, _new_authority())

    def _copy(self) -> None:
        """Write certificate and bundle from the key's file, if they differ: the public CAs may be
        newer than at the last start.
        """
        self._kept = b""
        while self._kept != (
            kept := self._key.read_bytes()
        ):  # another process may make it again meanwhile
            self._kept = kept
            certificate = x509.load_pem_x509_certificate(kept).public_bytes(Encoding.PEM)
            for path, content in (
                (self.certificate, certificate),
                (self.bundle, certifi.contents().encode() + b"\n" + certificate),
            ):
                if not path.exists() or path.read_bytes() != content:
                    write_whole(path, content)

    def context(self, *more_names: str) -> ssl.SSLContext:
        """A TLS server context with a new certificate for NAMES, and for those of `more_names` that
        the CA can sign.

        Its key is not stored. If another process replaces the CA, the next handshake uses a
        certificate of the new one.
        """
        names = tuple(dict.fromkeys((*NAMES, *filter(is_permitted, more_names))))
        kept, newest = self._kept, _context(self._kept, names)

        def follow(
            handshake: ssl.SSLObject, _name: str | None, _context_of_port: ssl.SSLContext
        ) -> None:
            nonlocal kept, newest
            with suppress(
                OSError, ValueError
            ):  # removed or damaged: clients go on with the CA they know
                found = self._key.read_bytes()
                if found != kept:
                    kept, newest = found, _context(found, names)
            handshake.context = newest

        port = newest
        port.sni_callback = follow
        return port


def is_permitted(name: str) -> bool:
    """Whether the CA can sign a certificate for an address or a name without wildcard."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return HOST.fullmatch(name) is not None
    return any(address in network for network in PERMITTED_NETWORKS)


def _constraint() -> x509.NameConstraints:
    domains = [x509.DNSName(domain) for domain in PERMITTED_DOMAINS]
    return x509.NameConstraints([*domains, *map(x509.IPAddress, PERMITTED_NETWORKS)], None)


def _new_authority() -> bytes:
    """A new CA's key and certificate, PEM. Made here because trustme sets no name constraint."""
    key = ec.generate_private_key(ec.SECP256R1())
    words = {
        NameOID.ORGANIZATION_NAME: "freshtoken",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "local CA, made on this machine",
    }
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in words.items()])
    begins = datetime.now(UTC) - SKEW
    uses = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), begins, begins + LIFE
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **uses),
            critical=True,
        )
        .add_extension(_constraint(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return own + certificate.public_bytes(Encoding.PEM)


def _context(authority: bytes, names: tuple[str, ...]) -> ssl.SSLContext:
    """A TLS server context with a new certificate signed by a CA (PEM). Raises ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    begins = datetime.now(UTC) - SKEW
    leaf = trustme.CA.from_pem(authority, authority).issue_cert(
        *names, not_before=begins, not_after=begins + LIFE
    )
    leaf.configure_cert(context)
    return context


def authority_folder() -> Path:
    """The folder of the CA in the data directory."""
    return data_folder() / "ca"


def remove_authority(folder: Path | None = None) -> bool:
    """Delete the CA and its keys. Returns whether there was one."""
    folder = folder or authority_folder()
    there = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return there


NOT_PROXIED = "localhost,127.0.0.1"
"""Hosts that clients reach without the proxy."""


def environment(certificate: str, bundle: str, proxy: str, url: str = "") -> dict[str, str]:
    """The environment variables that lead unmodified clients here for Salesforce's names
    [MEASURED client-proxy-and-ca, node-proxy-environment].
    """
    found = {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "NODE_EXTRA_CA_CERTS": certificate,
        "NODE_USE_ENV_PROXY": "1",
        "PERL_LWP_ENV_PROXY": "1",
        "PERL_LWP_SSL_CA_FILE": bundle,
        "NO_PROXY": NOT_PROXIED,
        "no_proxy": NOT_PROXIED,
        "SF_DOMAIN_RETRY": "0",
        # sf stops where no DNS knows login.salesforce.com, though only the proxy needs it
        "SF_DISABLE_DNS_CHECK": "true",
    }
    return found | ({"FRESHTOKEN_URL": url} if url else {})


@dataclass(frozen=True, slots=True)
class ControlAddress:
    """The URL of the control API, and the token that it asks for."""

    url: str
    token: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that tell a program of both."""
        return {"FRESHTOKEN_CONTROL_URL": self.url, "FRESHTOKEN_CONTROL_TOKEN": self.token}


def _posix(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    escaped = value.replace("'", "''")
    return f"$Env:{name} = '{escaped}'"


SHELLS: dict[str, Callable[[str, str], str]] = {
    "bash": _posix,
    "fish": _fish,
    "zsh": _posix,
    "powershell": _powershell,
}


def export_lines(variables: Mapping[str, str], shell: str) -> list[str]:
    """The lines that set environment variables in a shell of SHELLS."""
    return [SHELLS[shell](name, value) for name, value in variables.items()]

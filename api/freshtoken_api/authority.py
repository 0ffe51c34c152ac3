"""A certificate authority of this machine's own, for TLS on Salesforce's names. Nothing is installed in the system.

Kept in a folder of the data directory: keys 0600. Whoever wants it trusted names it in an environment variable.
"""

import os
import shlex
import shutil
import ssl
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import certifi
import trustme

from freshtoken_model.orgfile import data_folder

NAMES = (
    *("login.salesforce.com", "test.salesforce.com", "*.salesforce.com", "*.my.salesforce.com"),
    *("*.sandbox.my.salesforce.com", "*.develop.my.salesforce.com", "*.scratch.my.salesforce.com"),
    *("*.force.com", "*.lightning.force.com", "localhost", "127.0.0.1", "::1"),
)
"""What a port's certificate is good for; a wildcard covers one label."""


class AuthorityError(Exception):
    """The certificate authority cannot be used; the message says why."""


class Authority:
    """The CA in a folder; made when it is not there."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises AuthorityError."""
        self.folder = folder or authority_folder()
        try:
            if not self.certificate.exists():
                self._make()
            self._authority = trustme.CA.from_pem(self.certificate.read_bytes(), self._key.read_bytes())
            self._bundle()
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"The local CA in {self.folder} cannot be used ({error}). Remove it with: freshtoken serve ca --remove"
            ) from error

    @property
    def certificate(self) -> Path:
        """The CA's certificate, PEM."""
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The public CAs and ours in one file, PEM: for clients that take one file only."""
        return self.folder / "bundle.pem"

    @property
    def _key(self) -> Path:
        return self.folder / "ca.key"

    def _make(self) -> None:
        """Make it whole or not at all; if another process was quicker, its is ours."""
        made = trustme.CA(organization_name="freshtoken", organization_unit_name="local CA, made on this machine")
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".ca-", dir=self.folder.parent))
        try:
            _write(temporary / "ca.key", made.private_key_pem.bytes())
            _write(temporary / "ca.pem", made.cert_pem.bytes())
            with suppress(OSError):
                temporary.rename(self.folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _bundle(self) -> None:
        """The public CAs may be newer than the last time."""
        whole = certifi.contents().encode() + b"\n" + self.certificate.read_bytes()
        if not self.bundle.exists() or self.bundle.read_bytes() != whole:
            temporary = self.folder / f".bundle.{os.getpid()}"
            _write(temporary, whole)
            temporary.replace(self.bundle)

    def context(self, *more_names: str) -> ssl.SSLContext:
        """A TLS server context with a fresh certificate for NAMES and more; its key is never kept."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(*dict.fromkeys((*NAMES, *more_names))).configure_cert(context)
        return context


def authority_folder() -> Path:
    """Where the CA is kept."""
    return data_folder() / "ca"


def remove_authority(folder: Path | None = None) -> bool:
    """Delete the CA and its keys. Returns whether there was one."""
    folder = folder or authority_folder()
    there = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def environment(certificate: str, bundle: str, proxy: str, url: str = "") -> dict[str, str]:
    """The variables with which unmodified clients come here for Salesforce's names [wire-clients.md 0, 5]."""
    found = {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "NODE_EXTRA_CA_CERTS": certificate,
        "SF_DOMAIN_RETRY": "0",
        "SF_DISABLE_DNS_CHECK": "true",  # sf stops where no DNS knows login.salesforce.com, though only the proxy needs it
    }
    return found | ({"FRESHTOKEN_URL": url} if url else {})


def _posix(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


def _powershell(name: str, value: str) -> str:
    escaped = value.replace("'", "''")
    return f"$Env:{name} = '{escaped}'"


SHELLS: dict[str, Callable[[str, str], str]] = {"bash": _posix, "fish": _fish, "powershell": _powershell}


def export_lines(variables: Mapping[str, str], shell: str) -> list[str]:
    """The lines that set variables in a shell of SHELLS."""
    return [SHELLS[shell](name, value) for name, value in variables.items()]

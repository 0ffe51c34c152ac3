"""The local CA of `freshtoken serve`: whom it vouches for, how it is shown and removed, and the
lines for a shell.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import certifi
import pytest

from freshtoken_api.testing import Salesforce

from .conftest import Served, freshtoken

NAMES = (
    *(
        "login.salesforce.com",
        "test.salesforce.com",
        "acme.my.salesforce.com",
        "acme--dev.sandbox.my.salesforce.com",
    ),
    *("acme.develop.my.salesforce.com", "acme.lightning.force.com", "localhost", "127.0.0.1"),
)
VARIABLES = (
    *(
        "HTTPS_PROXY",
        "https_proxy",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
    ),
    *("NODE_USE_ENV_PROXY", "PERL_LWP_ENV_PROXY", "PERL_LWP_SSL_CA_FILE", "NO_PROXY", "no_proxy"),
    *("SF_DOMAIN_RETRY", "SF_DISABLE_DNS_CHECK"),
)


def handshake(served: Salesforce, name: str, context: ssl.SSLContext) -> None:
    """Shake hands with the TLS port as if it were that name. Raises
    ssl.SSLCertVerificationError.
    """
    port = int(served.addresses.https.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as wrapped,
    ):
        assert wrapped.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("kept", ["ca", "ca_bundle"])
def test_the_certificate_is_good_for_the_names_of_salesforce(house: Salesforce, kept: str) -> None:
    trust = ssl.create_default_context(cafile=getattr(house.addresses, kept))
    for name in NAMES:
        handshake(house, name, trust)


@pytest.mark.parametrize(
    "name", ["example.com", "salesforce.com.example.com", "a.b.c.salesforce.com"]
)
def test_it_is_good_for_no_other_name(house: Salesforce, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(house, name, ssl.create_default_context(cafile=house.addresses.ca))


def test_nobody_else_vouches_for_it(house: Salesforce) -> None:
    for context in (
        ssl.create_default_context(cafile=certifi.where()),
        ssl.create_default_context(),
    ):
        with pytest.raises(ssl.SSLCertVerificationError, match="CERTIFICATE_VERIFY_FAILED"):
            handshake(house, "login.salesforce.com", context)


def test_the_bundle_has_the_public_cas_too(house: Salesforce) -> None:
    def trusted(path: str) -> set[bytes]:
        return set(ssl.create_default_context(cafile=path).get_ca_certs(binary_form=True))

    at = house.addresses
    assert len(trusted(at.ca)) == 1
    assert trusted(at.ca_bundle) == trusted(certifi.where()) | trusted(at.ca)
    assert trusted(at.ca_bundle) > trusted(certifi.where())


# ---- serve ca


def test_serve_ca_prints_the_two_paths_and_makes_the_ca_once() -> None:
    first = freshtoken("serve", "ca")
    certificate, bundle = map(Path, first.stdout.splitlines())
    assert first.returncode == 0
    assert certificate.read_text().startswith("-----BEGIN CERTIFICATE-----")
    before = certificate.read_bytes()
    again = freshtoken("serve", "ca", "--json")
    assert json.loads(again.stdout) == {"ca": str(certificate), "ca_bundle": str(bundle)}
    assert certificate.read_bytes() == before, "clients go on trusting it"


def test_serve_ca_remove_leaves_nothing_behind() -> None:
    folder = Path(freshtoken("serve", "ca").stdout.splitlines()[0]).parent
    done = freshtoken("serve", "ca", "--remove", "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "The local CA was deleted.\n")
    assert not folder.exists()
    done = freshtoken("serve", "ca", "--remove", "--yes")
    assert (done.returncode, done.stderr) == (0, "There is no local CA.\n")


def test_a_ca_that_was_removed_comes_back_as_another(org_file: Path) -> None:
    first = Served(org_file)
    before = Path(first.ready["ca"]).read_bytes()
    first.stop()
    freshtoken("serve", "ca", "--remove", "--yes")
    second = Served(org_file)
    second.stop()
    assert Path(second.ready["ca"]).read_bytes() != before


def test_a_broken_ca_is_one_clear_sentence_that_says_how_to_go_on(org_file: Path) -> None:
    certificate = Path(freshtoken("serve", "ca").stdout.splitlines()[0])
    certificate.with_name("ca.key").write_text("not a key")
    done = freshtoken("--org", str(org_file), "serve", "run", "--", "true")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("Remove it with: freshtoken serve ca --remove\n")
    freshtoken("serve", "ca", "--remove", "--yes")
    assert freshtoken("--org", str(org_file), "serve", "run", "--", "true").returncode == 0


# ---- serve env


def in_bash(lines: str) -> dict[str, str]:
    """What a real bash has in its environment once it has evaluated the lines."""
    done = subprocess.run(
        ["bash", "-c", 'eval "$1" && env -0', "bash", lines],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)


def env_lines(*words: str) -> str:
    """The lines of `serve env`."""
    done = freshtoken("serve", "env", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def expected(proxy: str) -> dict[str, str]:
    """What the variables must hold, by the paths that `serve ca` prints."""
    certificate, bundle = freshtoken("serve", "ca").stdout.splitlines()
    return {
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), bundle),
        "NODE_EXTRA_CA_CERTS": certificate,
        **dict.fromkeys(("NODE_USE_ENV_PROXY", "PERL_LWP_ENV_PROXY"), "1"),
        "PERL_LWP_SSL_CA_FILE": bundle,
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
        "SF_DOMAIN_RETRY": "0",
        "SF_DISABLE_DNS_CHECK": "true",
    }


def test_the_lines_for_bash_set_the_variables_in_a_real_bash() -> None:
    found = in_bash(env_lines("--shell", "bash"))
    assert {name: found[name] for name in VARIABLES} == expected("http://127.0.0.1:8081")
    assert "FRESHTOKEN_URL" not in found
    assert (
        in_bash(env_lines("--shell", "bash", "--proxy-port", "9"))["HTTPS_PROXY"]
        == "http://127.0.0.1:9"
    )


def test_the_lines_name_the_ports_of_a_running_serve(served: Served) -> None:
    found = in_bash(env_lines("--shell", "bash", "--ready-file", str(served.ready_file)))
    assert {name: found[name] for name in VARIABLES} == expected(served.ready["proxy"])
    assert found["FRESHTOKEN_URL"] == served.url


@pytest.mark.parametrize(
    "name",
    [
        "it's here",
        'a "$HOME" of `ones` own; echo no',
        "it's $HOME",
        'it\'s "so"',
    ],
)
def test_a_folder_of_any_name_survives_the_shell(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / name))
    found = in_bash(env_lines("--shell", "bash"))
    assert found["SSL_CERT_FILE"].startswith(str(tmp_path / name) + os.sep)
    assert Path(found["SSL_CERT_FILE"]).exists()


def test_the_lines_for_fish_and_powershell_are_in_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "it's here"))
    right = expected("http://127.0.0.1:8081")
    fish = {name: value.replace("'", "\\'") for name, value in right.items()}
    assert env_lines("--shell", "fish").splitlines() == [
        f"set -gx {name} '{fish[name]}'" for name in VARIABLES
    ]
    powershell = {name: value.replace("'", "''") for name, value in right.items()}
    lines = env_lines("--shell", "powershell").splitlines()
    assert lines == [f"$Env:{name} = '{powershell[name]}'" for name in VARIABLES]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_the_lines_for_fish_set_the_variables_in_a_real_fish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "it's $HOME"))
    done = subprocess.run(
        ["fish", "-c", env_lines("--shell", "fish") + "; env -0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    found = dict(entry.split("=", 1) for entry in done.stdout.split("\0") if entry)
    assert {name: found[name] for name in VARIABLES} == expected("http://127.0.0.1:8081")


@pytest.mark.parametrize(
    ("shell", "start"), [("/usr/bin/fish", "set -gx "), ("/bin/zsh", "export ")]
)
def test_without_shell_the_lines_are_for_the_shell_in_use(
    shell: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", shell)
    lines = env_lines().splitlines()
    assert len(lines) == len(VARIABLES)
    assert all(line.startswith(start) for line in lines)


def test_serve_env_as_json_is_the_same() -> None:
    assert json.loads(env_lines("--json")) == expected("http://127.0.0.1:8081")


@pytest.mark.parametrize("content", [None, "", "[]", '{"http": "http://127.0.0.1:1"}'])
def test_what_is_no_ready_file_is_one_clear_sentence(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ready"
    if content is not None:
        path.write_text(content)
    done = freshtoken("serve", "env", "--ready-file", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    said = (
        f"Error: Invalid value for '--ready-file': {path} is not the ready file of a running serve."
    )
    assert done.stderr.endswith(f"{said}\n")

"""freshtoken doctor: where things are on this machine, and what is odd about it."""

from __future__ import annotations

import os
import platform
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from freshtoken_model.store.orgfile import check_header, chosen_path, data_folder
from freshtoken_model.values.errors import OrgFileError

from .common import command, echo, print_json, print_table
from .groups import CommandWithExamples
from .version import words as version_words

PORTS = (8080, 8443, 8081)
"""The ports that serve opens unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what is odd about it, if anything."""

    about: str
    found: str
    odd: str = ""


@click.command("doctor", cls=CommandWithExamples)
@command
def doctor(as_json: bool) -> None:
    """Print versions, paths, ports, the local CA and the terminal, and what is odd about them."""
    findings = [*_program(), *_paths(), *_ports(), *_proxies(), *_terminal()]
    if as_json:
        rows = [{"about": f.about, "found": f.found, "odd": f.odd or None} for f in findings]
        print_json({"findings": rows, "odd": sum(bool(f.odd) for f in findings)})
        return
    print_table([(f.about, f.found, f.odd) for f in findings], ("", "FOUND", "ODD"))
    odd = sum(bool(f.odd) for f in findings)
    echo("Nothing is odd." if not odd else f"{odd} of {len(findings)} are odd.", err=True)


def _program() -> list[Finding]:
    import sqlite3
    from importlib.metadata import version

    return [
        Finding("program", version_words()),
        Finding("Python", f"{platform.python_version()}, {sys.executable}"),
        Finding("Textual", version("textual")),
        Finding("SQLite", sqlite3.sqlite_version),
        Finding("system", platform.platform(terse=True)),
    ]


def _paths() -> list[Finding]:
    from freshtoken_api.serve.authority import Authority, AuthorityError
    from freshtoken_model.training.shelf import CONTENT_VARIABLE
    from freshtoken_tui.settings import settings_path

    org, may_make = chosen_path(click.get_current_context().obj)
    odd = ""
    if org.exists():
        try:
            check_header(org)
        except OrgFileError as error:
            odd = str(error)
    elif not may_make:
        odd = "It is not there; make it with: freshtoken org new"
    found = [Finding("org file", str(org.absolute()), odd), _folder("data folder", data_folder())]
    found.append(Finding("settings", str(settings_path())))
    content = os.environ.get(CONTENT_VARIABLE, "")
    missing = bool(content) and not Path(content).is_dir()
    found.append(
        Finding("own content", content or "none", "It is not a folder." if missing else "")
    )
    try:
        found.append(Finding("local CA", str(Authority().certificate)))
    except AuthorityError as error:
        found.append(Finding("local CA", "none", str(error)))
    return found


def _folder(about: str, folder: Path) -> Finding:
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    writable = os.access(nearest, os.W_OK)
    return Finding(about, str(folder), "" if writable else f"{nearest} cannot be written.")


def _ports() -> list[Finding]:
    found = []
    for port in PORTS:
        with socket.socket() as tried:
            tried.settimeout(0.2)
            taken = tried.connect_ex(("127.0.0.1", port)) == 0
        words = "Taken; serve needs another: --port, --tls-port or --proxy-port." if taken else ""
        found.append(Finding(f"port {port}", "in use" if taken else "free", words))
    return found


def _proxies() -> list[Finding]:
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")
    held = {name: os.environ[name] for name in names if os.environ.get(name)}
    ours = all("127.0.0.1" in url or "localhost" in url for url in held.values())
    odd = "" if ours else "serve run and serve env put the local proxy in its place."
    return [Finding("proxy", ", ".join(f"{n}={url}" for n, url in held.items()) or "none", odd)]


def _terminal() -> list[Finding]:
    term, there = os.environ.get("TERM", ""), sys.stderr is not None and sys.stderr.isatty()
    encoding = (sys.stdout.encoding or "") if sys.stdout is not None else ""
    narrow = encoding.lower().replace("-", "") not in ("utf8", "")
    return [
        Finding("terminal", f"{term or 'none'}{'' if there else ', not here'}"),
        Finding("output", encoding or "closed", "It is not UTF-8." if narrow else ""),
    ]

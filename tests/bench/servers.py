"""Server processes for the benchmarks: freshtoken's own, and the references beside it that are
installed.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calls import FORM, Ask

OURS = """
import functools, sys
from freshtoken_model.decision.credentials import VerifiedPasswords
size = int(sys.argv.pop(1))
if size:
    VerifiedPasswords.__init__ = functools.partialmethod(VerifiedPasswords.__init__, size)
from freshtoken_tui.cli import main
main()
"""
BARE = """
import asyncio, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from freshtoken_api.server import PatientProtocol, bind
async def hello(request):
    return JSONResponse({"hello": "world", "padding": "to the length of an answer, 63 by"})
config = uvicorn.Config(Starlette(routes=[Route("/", hello)]), http=PatientProtocol, ws="none", lifespan="off",
                        log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1)
asyncio.run(uvicorn.Server(config).serve([bind("127.0.0.1", int(sys.argv[1]))]))
"""
PEERS = Path(os.environ.get("BENCH_VENV", "")) / "bin"
"""Where moto_server and oidc-provider-mock are looked for besides PATH: they stay out of the
project's environment.
"""


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def memory_mb(pid: int) -> float:
    """Resident memory now."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    command: list[str], environment: dict[str, str] | None = None, log: Path | None = None
) -> Iterator[int]:
    """A process for the time of the block; its process ID."""
    with open(log or os.devnull, "ab") as out:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=out, env=environment)
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(port: int, seconds: float = 30) -> None:
    """Until a port takes connections. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"Nothing answers on port {port}.")


@contextmanager
def freshtoken(org: Path, network: str, memory: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """`freshtoken serve` on free ports; its process ID and ready file. `memory` of verified
    passwords, 0: as shipped.
    """
    folder = org.parent / f"serve-{org.stem}-{memory}"
    folder.mkdir(exist_ok=True)
    ready = folder / "ready.json"
    environment = {**os.environ, "FRESHTOKEN_ORG": str(org), "HOME": str(folder)}
    environment |= {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = [
        sys.executable,
        "-c",
        OURS,
        str(memory),
        "serve",
        "--from",
        network,
        "--ready-file",
        str(ready),
    ]
    command += ["--port", "0", "--tls-port", "0", "--proxy-port", "0"]
    with running(command, environment, folder / "errors.txt") as pid:
        end = time.monotonic() + 60
        while not ready.exists():
            if time.monotonic() > end:
                raise TimeoutError((folder / "errors.txt").read_text())
            time.sleep(0.05)
        yield pid, json.loads(ready.read_text())


@contextmanager
def bare() -> Iterator[tuple[int, str, list[Ask]]]:
    """A Starlette hello on the same uvicorn, with the same options."""
    port = free_port()
    with running([sys.executable, "-c", BARE, str(port)]) as pid:
        wait_for(port)
        yield pid, f"http://127.0.0.1:{port}", [Ask("bare", "GET", "/")]


def _peer(name: str) -> str | None:
    own = PEERS / name
    return str(own) if own.exists() else shutil.which(name)


@contextmanager
def moto() -> Iterator[tuple[int, str, list[Ask]] | None]:
    """moto's server, STS GetCallerIdentity; None when it is not installed."""
    program, port = _peer("moto_server"), free_port()
    if program is None:
        yield None
        return
    signed = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/us-east-1/sts/aws4_request,"
    headers = FORM | {
        "Authorization": signed + " SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20261124T140000Z",
    }
    with running([program, "-p", str(port)]) as pid:
        wait_for(port)
        yield (
            pid,
            f"http://127.0.0.1:{port}",
            [Ask("moto", "POST", "/", headers, "Action=GetCallerIdentity&Version=2011-06-15")],
        )


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@contextmanager
def oidc() -> Iterator[tuple[int, str, list[Ask]] | None]:
    """oidc-provider-mock's token endpoint, refresh_token grant (it has no password grant); None
    when not installed.
    """
    program, port = _peer("oidc-provider-mock"), free_port()
    if program is None:
        yield None
        return
    with running([program, "-p", str(port)]) as pid:
        wait_for(port)
        base, back = f"http://127.0.0.1:{port}", "http://127.0.0.1/back"
        headers = FORM | {"Authorization": f"Basic {base64.b64encode(b'bench:bench').decode()}"}
        question = urllib.parse.urlencode(
            {"client_id": "bench", "redirect_uri": back, "response_type": "code", "scope": "openid"}
        )
        try:
            urllib.request.build_opener(_Stay).open(
                f"{base}/oauth2/authorize?{question}", b"sub=alice"
            )
        except urllib.error.HTTPError as answer:
            code = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["location"]).query)[
                "code"
            ][0]
        form = urllib.parse.urlencode(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        )
        with urllib.request.urlopen(
            urllib.request.Request(f"{base}/oauth2/token", form.encode(), headers)
        ) as answer:
            refresh = json.loads(answer.read())["refresh_token"]
        form = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": refresh})
        yield pid, base, [Ask("oidc", "POST", "/oauth2/token", headers, form)]

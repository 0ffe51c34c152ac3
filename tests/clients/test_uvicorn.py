"""What serving relies on in uvicorn without its documentation: names that it overrides or reads."""

import signal
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import HANDLED_SIGNALS, ServerState

from freshtoken_api.serve.authority import Authority
from freshtoken_api.serve.server import PatientProtocol, Port, Ports, Serving
from freshtoken_model.pool import OrgPool

OWN = {"_give_up", "_waits_for_a_head", "_deadline"}


def test_uvicorn_still_has_every_method_that_serving_overrides() -> None:
    """One that uvicorn renames would be called no more, and nothing else would say so."""
    for ours, theirs in ((Port, uvicorn.Server), (PatientProtocol, H11Protocol)):
        overrides = {name for name in vars(ours) if not name.startswith("__")} - OWN
        assert len(overrides) > 1 and overrides <= set(dir(theirs))


async def test_uvicorn_still_has_every_attribute_that_serving_reads() -> None:
    async def app(scope: object, receive: object, send: object) -> None: ...

    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    config.load()
    protocol = H11Protocol(config, ServerState(), {}, None)
    assert all(hasattr(protocol, name) for name in ("cycle", "transport", "loop"))
    assert "response_complete" in RequestResponseCycle.__init__.__code__.co_names
    assert uvicorn.Server(config).server_state.connections == set()


async def test_serving_leaves_the_signals_of_its_program_alone(
    org_file: Path, tmp_path: Path
) -> None:
    before = [signal.getsignal(number) for number in HANDLED_SIGNALS]
    pool = OrgPool(org_file)
    serving = Serving(pool, Ports(http=0, tls=0, proxy=0), Authority(tmp_path / "ca"))
    await serving.start()
    try:
        assert [signal.getsignal(number) for number in HANDLED_SIGNALS] == before
    finally:
        await serving.stop()
        pool.close()

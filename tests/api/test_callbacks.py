"""Callback URLs that an admin adds and removes, as the authorize page sees them."""

from urllib.parse import parse_qs, urlsplit

from .wire_helpers import Scene


async def test_a_callback_url_works_once_it_is_added_and_no_longer_once_it_is_removed(
    scene: Scene,
) -> None:
    other = "http://localhost:3000/api/auth/callback/salesforce?from=here"
    refused = await scene.allow(redirect_uri=other)
    assert refused.status_code == 400 and refused.json()["error"] == "redirect_uri_mismatch"
    scene.org.apps.add_callback(scene.app.name, other)
    code = parse_qs(
        urlsplit((answer := await scene.allow(redirect_uri=other)).headers["location"]).query
    )
    assert answer.headers["location"].startswith(other + "&code=") and code["from"] == ["here"]
    granted = await scene.grant("authorization_code", code=code["code"][0], redirect_uri=other)
    assert await scene.works(granted.json()["access_token"])
    scene.org.apps.remove_callback(scene.app.name, other)
    refused = await scene.allow(redirect_uri=other)
    assert refused.status_code == 400 and refused.json()["error"] == "redirect_uri_mismatch"
    assert (await scene.allow()).status_code == 302

# requests and the client credentials flow at the My Domain: no password, no token.
import os

import requests

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("CLIENT_ID", "CLIENT_SECRET")}
home = "https://acme.my.salesforce.com"
form = {
    "grant_type": "client_credentials",
    "client_id": held["CLIENT_ID"],
    "client_secret": held["CLIENT_SECRET"],
}
answer = requests.post(f"{home}/services/oauth2/token", data=form, timeout=20)
if not answer.ok:
    raise SystemExit(answer.text)
for soql in ("SELECT Id, Name FROM Account", "SELECT Id FROM User"):
    rows = requests.get(
        f"{home}/services/data/v64.0/query",
        params={"q": soql},
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=20,
    )
    if not rows.ok:
        raise SystemExit(rows.text)
    print(rows.json()["totalSize"])

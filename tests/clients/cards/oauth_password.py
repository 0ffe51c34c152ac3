# requests and the username-password flow, which ends on 2027-02-20: password and token in one field.
import os

import requests

NAMES = ("USER", "PASSWORD", "TOKEN", "CLIENT_ID", "CLIENT_SECRET")
held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in NAMES}
home = "https://login.salesforce.com"
form = {
    "grant_type": "password",
    "username": held["USER"],
    "password": held["PASSWORD"] + held["TOKEN"],
    "client_id": held["CLIENT_ID"],
    "client_secret": held["CLIENT_SECRET"],
}
answer = requests.post(f"{home}/services/oauth2/token", data=form, timeout=20)
if not answer.ok:
    raise SystemExit(answer.text)
for soql in ("SELECT Id, Name FROM Account", "SELECT Id FROM User"):
    rows = requests.get(
        f"{answer.json()['instance_url']}/services/data/v64.0/query",
        params={"q": soql},
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=20,
    )
    if not rows.ok:
        raise SystemExit(rows.text)
    print(rows.json()["totalSize"])

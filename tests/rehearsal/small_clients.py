"""Clients of a few lines, each wrong in one way: what they all begin with, and what each does."""

import sys

BEGINNING = '''
import json, os, subprocess, sys, time
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

URL, USER = os.environ["FRESHTOKEN_URL"], os.environ.get("FRESHTOKEN_USER", "")
PASSWORD, TOKEN = os.environ.get("FRESHTOKEN_PASSWORD", ""), os.environ.get("FRESHTOKEN_TOKEN", "")
SCENARIO = os.environ["FRESHTOKEN_SCENARIO"]
KEYS = {"client_id": os.environ.get("FRESHTOKEN_CLIENT_ID", ""),
        "client_secret": os.environ.get("FRESHTOKEN_CLIENT_SECRET", "")}
ENVELOPE = """<?xml version="1.0"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>%s</username><password>%s</password></login>
</e:Body></e:Envelope>"""

def post(path, body, kind):
    return urlopen(Request(URL + path, body.encode(), {"Content-Type": kind})).read().decode()

def login():
    body = ENVELOPE % (USER, PASSWORD + TOKEN)
    answer = post("/services/Soap/u/59.0", body, "text/xml")
    return answer.split("<sessionId>")[1].split("<")[0]

def token(**form):
    body = urlencode({**KEYS, **form})
    return json.loads(post("/services/oauth2/token", body, "application/x-www-form-urlencoded"))

def query(session):
    path = "/services/data/v59.0/query?q=" + quote("SELECT Id FROM Account")
    return urlopen(Request(URL + path, headers={"Authorization": "Bearer " + session})).read()

def told(error):
    print(error.read().decode(), file=sys.stderr)
'''

RIGHT = """
try:
    session = login()
    query(session)
    query(session)
except HTTPError as error:
    told(error)
    sys.exit(1)
"""
"""Right but where another try is right."""

WRONG = {
    "unhealthy": """
login()
sys.exit(3)
""",
    "shows-a-credential": """
print("logging in with", PASSWORD + TOKEN)
query(login())
""",
    "locks-the-user": """
for number in range(10):
    try:
        query(login())
        break
    except HTTPError as error:
        told(error)
else:
    sys.exit(1)
""",
    "never-stops": """
while True:
    try:
        query(login())
        break
    except HTTPError as error:
        told(error)
        time.sleep(1.2)
""",
    "near-the-lockout": """
for number in range(5):
    try:
        query(login())
        break
    except HTTPError as error:
        told(error)
else:
    sys.exit(1)
""",
    "loops": """
session = login()
for number in range(12):
    try:
        query(session)
        break
    except HTTPError as error:
        told(error)
else:
    sys.exit(1)
""",
    "hides-the-failure": """
try:
    query(login())
except HTTPError as error:
    told(error)
""",
    "reuses-an-old-refresh-token": """
held = os.environ.get("FRESHTOKEN_REFRESH_TOKEN", "")
for number in range(2):
    try:
        session = token(grant_type="refresh_token", refresh_token=held)["access_token"]
        query(session)
        query(session)
        break
    except HTTPError as error:
        told(error)
else:
    sys.exit(1)
""",
    "logs-in-too-often": """
session = login()
query(session)
try:
    query(session)
except HTTPError:
    login()
    query(login())
""",
    "hammers": """
session = login()
for number in range(5):
    try:
        query(session)
        break
    except HTTPError as error:
        told(error)
""",
    "retries-the-refusal": """
for number in range(2):
    try:
        query(login())
        break
    except HTTPError as error:
        told(error)
else:
    sys.exit(1)
""",
    "gives-up": RIGHT,
    "hangs": """
try:
    query(login())
except HTTPError as error:
    told(error)
    time.sleep(60)
""",
    "does-not-name-the-fault": """
try:
    query(login())
except HTTPError as error:
    sys.exit("It did not work.")
""",
    "shows-a-session": """
session = login()
urlopen(URL + "/services/oauth2/userinfo?access_token=" + session)
query(session)
""",
    "leaves-processes": """
query(login())
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
""",
    "does-not-call": """
if SCENARIO == "healthy":
    query(login())
""",
}
"""By the rule that it breaks, and no other. Some are wrong in one scenario only."""

PLACE = {
    "unhealthy": "healthy",
    "shows-a-credential": "healthy",
    "loops": "password-expired",
    "reuses-an-old-refresh-token": "refresh-token-rotated",
    "logs-in-too-often": "session-ended",
    "hammers": "server-unavailable",
    "gives-up": "server-unavailable",
    "shows-a-session": "healthy",
    "leaves-processes": "healthy",
}
"""The scenario in which a wrong client is wrong; the others when the password was changed."""

BETTER = {
    "gives-up": """
session = login()
for wait in (0.6, 1.2, 2.4):
    try:
        query(session)
        break
    except HTTPError as error:
        told(error)
        time.sleep(wait)
else:
    sys.exit(1)
""",
    "reuses-an-old-refresh-token": """
held = os.environ.get("FRESHTOKEN_REFRESH_TOKEN", "")
for number in range(2):
    answer = token(grant_type="refresh_token", refresh_token=held)
    held = answer.get("refresh_token", held)
    try:
        query(answer["access_token"])
        query(answer["access_token"])
        break
    except HTTPError as error:
        told(error)
""",
    "logs-in-too-often": """
session = login()
for number in range(2):
    try:
        query(session)
    except HTTPError:
        session = login()
        query(session)
""",
}
BETTER["hammers"] = BETTER["gives-up"]
"""What is right where RIGHT is not."""


def command(code: str) -> tuple[str, ...]:
    """The command that runs a client."""
    return (sys.executable, "-S", "-c", BEGINNING + code)

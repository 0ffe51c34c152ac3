# zeep on the partner WSDL: the login, then two calls with the session ID in the header.
import os
from pathlib import Path

import zeep

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
wsdl = Path(__file__).parents[1] / "partner.wsdl"
binding = "{urn:partner.soap.sforce.com}SoapBinding"
client = zeep.Client(str(wsdl), settings=zeep.Settings(strict=False))
login = client.create_service(binding, os.environ["FRESHTOKEN_URL"] + "/services/Soap/u/38.0")
found = login.login(held["USER"], held["PASSWORD"] + held["TOKEN"])
service = client.create_service(binding, found.serverUrl)
for _ in range(2):
    about = service.getUserInfo(_soapheaders={"SessionHeader": {"sessionId": found.sessionId}})
    print(about.userName)

# pyforce: everything over SOAP, the session kept.
import os

import pyforce

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
client = pyforce.PythonClient(serverUrl=os.environ["FRESHTOKEN_URL"] + "/services/Soap/u/59.0")
client.login(held["USER"], held["PASSWORD"] + held["TOKEN"])
for _ in range(2):
    print(client.query("SELECT Id, Name FROM Account").size)

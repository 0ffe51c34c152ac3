# simple-salesforce in a retry loop around everything, as many nightly jobs have one.
import os
import time

from simple_salesforce import Salesforce

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
for _ in range(12):
    try:
        sf = Salesforce(
            username=held["USER"], password=held["PASSWORD"], security_token=held["TOKEN"]
        )
        for soql in ("SELECT Id, Name FROM Account", "SELECT Id FROM User"):
            print(sf.query(soql)["totalSize"])
        break
    except Exception as error:
        print("retrying after:", type(error).__name__)
        time.sleep(0.2)

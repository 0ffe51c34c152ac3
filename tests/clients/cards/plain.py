# simple-salesforce as in its README: log in, query, print.
import os

from simple_salesforce import Salesforce

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
sf = Salesforce(username=held["USER"], password=held["PASSWORD"], security_token=held["TOKEN"])
for soql in ("SELECT Id, Name FROM Account", "SELECT Id FROM User"):
    print(sf.query(soql)["totalSize"])

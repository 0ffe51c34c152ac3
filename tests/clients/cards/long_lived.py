# simple-salesforce kept for many queries; when one fails the next is tried with the same object.
import os
import sys

from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceError

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
sf = Salesforce(username=held["USER"], password=held["PASSWORD"], security_token=held["TOKEN"])
failed = 0
for _ in range(4):
    try:
        print(sf.query("SELECT Id, Name FROM Account")["totalSize"])
    except SalesforceError as error:
        failed += 1
        print(error, file=sys.stderr)
sys.exit(bool(failed))

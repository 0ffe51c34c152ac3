# salesforce-bulk as in its README: the login, then a job, which an org without Bulk API refuses.
import os

from salesforce_bulk import SalesforceBulk

held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}
bulk = SalesforceBulk(
    username=held["USER"], password=held["PASSWORD"], security_token=held["TOKEN"]
)
print(bulk.sessionId is not None)

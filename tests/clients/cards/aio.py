# aiosalesforce as in its documentation, with its default retry policy.
import asyncio
import os
import random

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import SoapLogin

random.seed(1)  # its backoff waits at random: one run in fifty would wait under 100 ms each time
held = {name: os.environ[f"FRESHTOKEN_{name}"] for name in ("USER", "PASSWORD", "TOKEN")}


async def main() -> None:
    auth = SoapLogin(username=held["USER"], password=held["PASSWORD"], security_token=held["TOKEN"])
    async with httpx.AsyncClient() as client:
        sf = Salesforce(client, base_url="https://acme.my.salesforce.com", auth=auth)
        for soql in ("SELECT Id, Name FROM Account", "SELECT Id FROM User"):
            print(len([row async for row in sf.query(soql)]))


asyncio.run(main())

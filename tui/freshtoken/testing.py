"""The pytest fixture `salesforce` for other test suites: a training org on free ports, for the time
of a test.

    pytest_plugins = ["freshtoken.testing"]
"""

from freshtoken_api.testing import Salesforce, salesforce, serving_fresh_org

__all__ = ["Salesforce", "salesforce", "serving_fresh_org"]

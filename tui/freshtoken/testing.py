"""The pytest plugin by the name that a conftest.py can list, and what a fixture of one's own needs.

pytest loads the plugin by itself where freshtoken is installed; this is for the others:

    pytest_plugins = ["freshtoken.testing"]
"""

from freshtoken.pytest_plugin import pytest_configure, salesforce
from freshtoken_api.testing import Salesforce, serving_fresh_org

__all__ = ["Salesforce", "pytest_configure", "salesforce", "serving_fresh_org"]

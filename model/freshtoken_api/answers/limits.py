"""The org's limits, as REST lists them."""

CALLS_A_DAY = 15_000
"""Daily API requests of a Developer Edition [assumption]; freshtoken does not count them down."""
LIMITS = {
    "DailyApiRequests": CALLS_A_DAY,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryJobs": 10_000,
}
"""By the names that clients look up before they begin [DOC limits-names, bulk-limits]. The Bulk API
itself is not there, and says so when it is called.
"""


def limits_shown() -> dict[str, dict[str, int]]:
    """Each limit with its Max, and all of it as Remaining."""
    return {name: {"Max": most, "Remaining": most} for name, most in LIMITS.items()}

"""django-salesforce, unmodified: Django's ORM over the password flow and REST queries."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import django
import pytest
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["salesforce"],
    DATABASES={"default": {}, "salesforce": {"ENGINE": "salesforce.backend"}},
    DATABASE_ROUTERS=["salesforce.router.ModelRouter"],
    USE_TZ=True,
)
django.setup()

from django.db import connections, models  # noqa: E402
from salesforce.auth import oauth_data  # noqa: E402
from salesforce.dbapi.exceptions import SalesforceAuthError, SalesforceError  # noqa: E402
from salesforce.models import SalesforceModel  # noqa: E402

from freshtoken_api.testing import Salesforce  # noqa: E402
from freshtoken_model.org import Org  # noqa: E402

from ..world import FRESH as NEW  # noqa: E402
from ..world import INTEGRATION as USER  # noqa: E402
from ..world import PASSWORD as OLD  # noqa: E402
from .conftest import failed, fresh_token  # noqa: E402
from .keys import APP  # noqa: E402


class Account(SalesforceModel):
    name = models.CharField(max_length=255, db_column="Name")
    created = models.DateTimeField(db_column="CreatedDate")
    changed = models.DateTimeField(db_column="SystemModstamp")

    class Meta:
        app_label = "salesforce"
        db_table = "Account"
        managed = False


NAMES = [
    "Blue Fjord Shipping",
    "Kestrel Optics",
    "Northgate Bakeries",
    "Orchard & Quay Legal",
    "Tallow Street Energy",
]
NUMBERS = count(1)
Connect = Callable[[str], str]


@pytest.fixture
def connect(salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Add a database at https://login.salesforce.com with this password and token; its alias."""
    for name, value in salesforce.environment.items():
        monkeypatch.setenv(name, value)
    app, aliases = salesforce.org.apps.get(APP), []

    def connected(password: str) -> str:
        alias = f"salesforce{next(NUMBERS)}"
        database = {
            "ENGINE": "salesforce.backend",
            "HOST": "https://login.salesforce.com",
            "CONSUMER_KEY": app.consumer_key,
            "CONSUMER_SECRET": app.consumer_secret,
            "USER": USER,
            "PASSWORD": password,
        }
        connections.settings[alias] = connections.configure_settings(
            {"default": {}, alias: database}
        )[alias]
        aliases.append(alias)
        return alias

    yield connected
    for alias in aliases:
        connections[alias].close()
        del connections[alias], connections.settings[alias]
        oauth_data.pop(alias, None)


def names(alias: str, **conditions: object) -> list[str]:
    """The names of accounts, in order."""
    found = Account.objects.using(alias).filter(**conditions).order_by("name")
    return [account.name for account in found]


def refused(alias: str) -> str:
    """The words of Django's error."""
    with pytest.raises(SalesforceAuthError) as caught:
        names(alias)
    return str(caught.value)


def test_the_token_dies_with_the_password_and_a_fresh_one_lets_in(
    connect: Connect, org: Org, token: str
) -> None:
    live = connect(OLD + token)
    assert names(live) == NAMES
    org.passwords.change(USER, OLD, NEW)
    assert names(live) == NAMES, "an open session goes on working"
    for number, password in enumerate((OLD + token, NEW + token, NEW), start=1):
        said = refused(connect(password))
        assert said.startswith(f"oauth failed: {USER}: ") and "authentication failure" in said
        assert failed(org) == number
    assert names(connect(NEW + fresh_token(org))) == NAMES
    assert failed(org) == 0


def test_when_sessions_end_with_the_password_it_tries_the_old_one_once_more(
    connect: Connect, org: Org, token: str
) -> None:
    org.setup.choose("own_change_ends_sessions", "yes")
    alias = connect(OLD + token)
    assert names(alias) == NAMES
    org.passwords.change(USER, OLD, NEW)
    assert "authentication failure" in refused(alias)
    assert failed(org) == 1


def test_it_selects_filters_by_date_and_counts(connect: Connect, token: str) -> None:
    alias = connect(OLD + token)
    accounts = Account.objects.using(alias)
    first = accounts.order_by("name").first()
    assert first is not None and accounts.get(pk=first.pk).name == NAMES[0]
    assert [account.name for account in accounts.order_by("-name")[:2]] == NAMES[:2:-1]
    assert sorted(accounts.values_list("name", flat=True)) == NAMES

    day = timedelta(days=1)
    assert names(alias, created__gte=first.created, created__lt=first.created + day) == NAMES
    assert names(alias, created__range=(first.created - day, first.created)) == NAMES
    assert names(alias, changed__gt=first.changed) == []
    assert names(alias, name=NAMES[1], created__lte=first.created) == [NAMES[1]]

    assert (accounts.count(), accounts.filter(name=NAMES[0]).count()) == (5, 1)
    assert accounts.aggregate(number=models.Count("pk")) == {"number": 5}
    assert accounts.query_all().exists() and not accounts.filter(name="Nobody").exists()
    assert connections[alias].is_sandbox is False


def test_lists_and_patterns_of_the_orm_are_read(connect: Connect, token: str) -> None:
    accounts = Account.objects.using(connect(OLD + token))
    names = [account.name for account in accounts.all()]
    for asked, fits in (
        (models.Q(name__contains="o"), [name for name in names if "o" in name.lower()]),
        (models.Q(name__startswith=names[0][:3]), names[:1]),
        (models.Q(name__in=[names[1], "x"]), names[1:2]),
    ):
        assert [account.name for account in accounts.filter(asked)] == fits


def test_or_is_read(connect: Connect, token: str) -> None:
    accounts = Account.objects.using(connect(OLD + token))
    first, *_, last = [account.name for account in accounts.order_by("name")]
    either = models.Q(name=first) | models.Q(name=last)
    assert {account.name for account in accounts.filter(either)} == {first, last}
    assert accounts.filter(either | models.Q(name="x")).count() == 2


def test_what_freshtoken_does_not_read_is_told_by_its_name(connect: Connect, token: str) -> None:
    accounts = Account.objects.using(connect(OLD + token))
    with pytest.raises(SalesforceError, match="unexpected token: 'NOT'"):
        accounts.exclude(models.Q(name="x") | models.Q(name="y")).count()

"""Descriptions of the objects, for clients that read them before they query, such as pyforce
[assumption: the fields of a description].
"""

from typing import Any

from freshtoken_model.history.entities import entities
from freshtoken_model.history.objects import BOOLEAN, IDENTIFIER, MOMENT, Entity
from freshtoken_model.values.records import User

from .soql import entity_of

LENGTHS = {IDENTIFIER: 18, BOOLEAN: 0, MOMENT: 0}
SOAP_TYPES = {IDENTIFIER: "tns:ID", BOOLEAN: "xsd:boolean", MOMENT: "xsd:dateTime"}


FIELD = (
    "autoNumber byteLength calculated createable custom defaultedOnCreate deprecatedAndHidden"
    " digits filterable groupable idLookup label length name nameField nillable precision"
    " restrictedPicklist scale soapType sortable type unique updateable"
)
FLAGS = (
    "activateable createable custom customSetting deletable deprecatedAndHidden feedEnabled"
    " keyPrefix label labelPlural layoutable mergeable name queryable replicateable retrieveable"
    " searchable triggerable undeletable updateable"
)
"""The properties of a field and of an object in the order of the answer."""


NOTHING_MORE: dict[str, Any] = {
    "compoundFieldName": None,
    "controllerName": None,
    "defaultValue": None,
    "inlineHelpText": None,
    "picklistValues": [],
    "referenceTo": [],
    "referenceTargetField": None,
    "relationshipName": None,
}
"""Properties of a field over REST that clients look up, empty for every field here."""


def _field(name: str, kind: str) -> dict[str, Any]:
    """A field's description; what is not said here is false."""
    length = LENGTHS.get(kind, 255)
    return dict.fromkeys(FIELD.split(), False) | {
        "byteLength": length,
        "digits": 0,
        "filterable": True,
        "groupable": True,
        "idLookup": kind == IDENTIFIER,
        "label": name,
        "length": length,
        "name": name,
        "nameField": name == "Name",
        "nillable": kind == "string",
        "precision": 0,
        "scale": 0,
        "soapType": SOAP_TYPES.get(kind, "xsd:string"),
        "sortable": True,
        "type": kind,
    }


def _flags(entity: Entity) -> dict[str, Any]:
    """The properties of an object that every description has; what is not said here is false."""
    return dict.fromkeys(FLAGS.split(), False) | {
        "keyPrefix": entity.prefix,
        "label": entity.name,
        "labelPlural": entity.name + "s",
        "name": entity.name,
        "queryable": True,
        "retrieveable": True,
    }


def as_soap(names: list[str], user: User) -> str:
    """A <result> for each object named, at most 100. Raises RefusedError."""
    found = []
    for entity in (entity_of(name, user.administers) for name in names[:100]):
        fields = "".join(
            f"<fields>{_elements(_field(name, field.kind))}</fields>"
            for name, field in entity.fields.items()
        )
        flags = _elements(_flags(entity)).replace("<keyPrefix>", f"{fields}<keyPrefix>", 1)
        urls = "".join(
            f"<url{kind}>/{entity.prefix}</url{kind}>" for kind in ("Detail", "Edit", "New")
        )
        found.append(f"<result>{flags}{urls}</result>")
    return "".join(found)


def _elements(values: dict[str, Any]) -> str:
    return "".join(
        f"<{n}>{str(v).lower() if isinstance(v, bool) else v}</{n}>" for n, v in values.items()
    )


def as_rest(entity: Entity, base: str) -> dict[str, Any]:
    """The answer of the describe resource; `base` is the path of the version."""
    fields = [{**_field(name, field.kind), **NOTHING_MORE} for name, field in entity.fields.items()]
    return {
        **_flags(entity),
        "fields": fields,
        "childRelationships": [],
        "recordTypeInfos": [],
        "urls": _urls(entity, base),
    }


def global_rest(user: User, base: str) -> dict[str, Any]:
    """The answer of the sobjects resource: the objects that a user may read."""
    shown = [entity for entity in entities().values() if user.administers or not entity.admins_only]
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [{**_flags(entity), "urls": _urls(entity, base)} for entity in shown],
    }


def _urls(entity: Entity, base: str) -> dict[str, str]:
    mine = f"{base}/sobjects/{entity.name}"
    return {"sobject": mine, "describe": f"{mine}/describe", "rowTemplate": f"{mine}/{{ID}}"}

"""Small Redfish trees and what is read from them."""

import json
from collections.abc import Mapping
from typing import Any

from schemas import formats
from schemas.formats import redfish_tree
from schemas.inventory import Item
from schemas.report import Message, Report

V1 = "/redfish/v1"


def decoded(body: bytes, ce_type: str) -> Report:
    found = formats.decode(Message(body), ce_type)
    assert isinstance(found, Report)
    return found


def ref(path: str) -> dict[str, str]:
    return {"@odata.id": V1 + path}


def tree(resources: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    return {V1 + path: {"@odata.id": V1 + path, **resource} for path, resource in resources.items()}


def things(resources: object) -> dict[str, Item]:
    return {item.slot: item for item in decoded(json.dumps(resources).encode(), redfish_tree.TYPE).inventory.items}


BOX = {"Name": "Computer System Chassis"}
SYSTEM = {"UUID": "38947555-7742-3448-3784-823347823834", "SerialNumber": "437XR1138R2", "Manufacturer": "Contoso"}

"""Rules 5, 15 and 16 on small inputs, most of them traps that real machines have set."""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.inventory import MAX_VALUE, Identifier, Item, inventory
from schemas.placeholders import placeholder
from schemas.words import Kind, Scheme
from service.facts.carriers import carriers, part_of, split
from service.facts.identity import Placed, Resolution, resolve
from service.facts.schemes import HOLDS_BOARD, TABLE, Value, everywhere, scope_of, strong, usable

# What follows the name of a serial in JSON, in XML and in the output of tools.
SERIALS = re.compile(r'(?i)serial[_ ]?(?:number|no)?(?:"\s*:\s*"|>|\s*:[ \t]+)([^"<\n]*)')
NO_SERIALS = {  # all that stand in real captures where a serial should
    *(
        "",
        "$CHASSIS_SERIAL_NUMBER",
        "$PRODUCT_SERIAL_NUMBER",
        "0000000000000",
        "0x0000000000000000",
        "0x123456",
        "123456",
    ),
    *("234567", "CENSORED_SN", "Foo", "N/A", "NA", "NO DIMM", "NO_SERIAL", "Not Specified", "REDACTED", "S123456"),
    *("To Be Filled By O.E.M.", "To be filled by O.E.M.", "XXXXXXX", "abcde123"),
    *("Unspecified Base Board Serial Number", "Unspecified Chassis Board Serial Number"),
}

S = Scheme
At = tuple[str, str]  # source and slot
U1, U2, U3 = (f"1{n}223344-5566-7788-99aa-bbccddeeff0{n}" for n in range(3))


def item(slot: str, kind: Kind, within: str | None = None, /, **values: str) -> Item:
    """Make an item; a serial is written `scope:value`."""
    identifiers = []
    for scheme, text in values.items():
        scope, _, value = text.partition(":") if TABLE[scheme].scoped and ":" in text else ("", "", text)
        identifiers.append(Identifier(Scheme(scheme), scope, value))
    return Item(slot, kind, within, tuple(identifiers))


class Seen:
    """What reports come to. `reports` are (source, items), in the order of rule 5."""

    def __init__(
        self,
        *reports: tuple[str, list[Item]],
        merges: Iterable[tuple[At, At]] = (),
        cuts: Iterable[tuple[At, At]] = (),
        shared: Iterable[Value] = (),
    ) -> None:
        found = [(source, carriers(inventory(items))) for source, items in reports]
        known = frozenset(shared).union(*(each.shared for _, each in found))
        self.disputed: set[str] = set()
        while True:
            at: dict[At, list[bytes]] = defaultdict(list)
            placed = []
            for n, (source, each) in enumerate(found):
                for m, carrier in enumerate(each.carriers):
                    part = part_of(carrier, source, "node", known)
                    placed.append(Placed(part, (n, m)))
                    at[source, carrier.slot].append(part.key)
            edges, parted = ([(at[one][-1], at[other][-1]) for one, other in said] for said in (merges, cuts))
            out: Resolution = resolve(placed, edges, parted, known)
            self.disputed |= {each.value.scheme for each in out.disputed}
            if not out.shared and not out.scattered:
                break
            known |= out.shared
        self.at, self.known, self.outcome = at, known, out

    def group(self, source: str, slot: str, nth: int = -1) -> frozenset[bytes]:
        """Give the parts of the thing that is in a slot."""
        return next(group.parts for group in self.outcome.groups if self.at[source, slot][nth] in group.parts)

    def one(self, *places: At) -> bool:
        """Whether all these are one thing."""
        return len({self.group(*place) for place in places}) == 1

    def apart(self, *places: At) -> bool:
        """Whether all these are different things."""
        return len({self.group(*place) for place in places}) == len(places)


# ---------------------------------------------------------------------------------------------- schemes


@pytest.mark.parametrize(
    "text",
    [
        *("N/A", "NA", "n/a", "", "   ", "None", "null", "Unknown", "UNKNOWN", "Not Specified", "Default string"),
        *("REDACTED", "CENSORED_SN", "NO_SERIAL", "NO DIMM", "XXXXXXX", "0000000000", "0x0000000000000000", "FFFFFFFF"),
        *("To be filled by O.E.M.", "To Be Filled By O.E.M.", "$PRODUCT_ASSET_TAG", "$CHASSIS_SERIAL_NUMBER"),
        *("System Serial Number", "0123456789", "1234567890", "123456", "wwn", "........", "----", "<serial>"),
        *("P1_DIMMD1_AssetTag (Date:17/11)", "X" * (MAX_VALUE + 1), "AB\x00CD1234", "AB\u202eCD1234", "A1"),
        *("Type2 - Board Serial Number", "Chassis-1234567890", "NB-1234567890", "BSN12345678901234567", "SerNum0"),
        *("None Specified", "NotSpecified", "$(DEFAULT_STRING)", "Undefined by OEM", "Not Installed", "NO_MODULE_SN"),
        *("(none)", "[N/A]", "No Serial#", "00000001", "CHANGE ME", "INVALID SERIAL", "TBD BY ODM", "None Provided"),
        *(
            "1234567890123",
            "0123456789012345",
            "1111222233334444",
            "XXXXXXXX1",
            "fffffffe",
            "MT0000X00000",
            "S1234567890",
        ),
        *(
            "OEM Chassis Serial Number",
            "Unspecified Base Board Serial Number",
            "NOT AVAILABLE (N/A)",
            "Unknow",
            "S1234567890",
        ),
    ],
)
def test_rule_15_placeholders_are_no_values(text: str) -> None:
    assert usable(Kind.CHASSIS, Identifier(S.SERIAL, "acme/tray", text)) is None
    seen = Seen(
        ("a", [item("x", Kind.PSU, serial=f"acme/psu:{text}")]), ("b", [item("x", Kind.PSU, serial=f"acme/psu:{text}")])
    )
    assert seen.apart(("a", "x"), ("b", "x"))


@pytest.mark.parametrize(
    "text",
    [
        *("S464NY0M", "CN7792194B0271", "CT4471A0012", "1653125034241", "0000012345", "00012", "CH-0001", "12345679"),
        *(
            "SN12345",
            "AB1234567",
            "BOARD7",
            "NOTUS",
            "SYSTEM",
            "BASE",
            "TAGHEUER",
            "NANO",
            "SERENA1",
            "OEM1234",
            "111122223334",
        ),
    ],
)
def test_rule_15_what_looks_like_a_placeholder_and_is_none_is_a_value(text: str) -> None:
    assert usable(Kind.CHASSIS, Identifier(S.SERIAL, "acme/tray", text)) is not None


def test_rule_15_no_real_serial_is_taken_for_a_placeholder(shared_data: Path) -> None:
    stated: set[str] = set()
    for path in (at for at in shared_data.rglob("*") if at.suffix in (".json", ".xml", ".txt", "")):
        if path.is_file():
            stated.update(found.strip() for found in SERIALS.findall(path.read_bytes().decode(errors="replace")))
    assert len(stated) > 80
    assert {text for text in stated if placeholder(text)} <= NO_SERIALS


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        (S.SYSTEM_UUID, "00000000-0000-0000-0000-000000000000"),
        (S.SYSTEM_UUID, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
        (S.SYSTEM_UUID, "03000200-0400-0500-0006-000700080009"),
        (S.SYSTEM_UUID, "00020003-0004-0005-0006-000700080009"),
        (S.SYSTEM_UUID, "uuid-here"),
        (S.SYSTEM_UUID, "012345678-1234-5678-abcd-0123456789ab"),
        (S.GPU_UUID, "GPU-00000000-0000-0000-0000-000000000000"),
        (S.GPU_UUID, "MIG-5269b708-678a-b1a8-60f0-c90406537486"),
        (S.SYSTEM_UUID, "c01dc250-5678-11ed-9b6a-0242ac120002"),  # made in a container, with its bridge's address
        (S.SYSTEM_UUID, "50c21dc0-7856-ed11-9b6a-0242ac110002"),  # the like, in the other byte order
        (S.SYSTEM_UUID, "00000000-0000-0000-0000-000000000001"),
        (S.SYSTEM_UUID, "ffffffff-ffff-ffff-ffff-fffffffffffe"),
        (S.SYSTEM_UUID, "11111111-2222-3333-4444-555555555555"),
        (S.SYSTEM_UUID, "deadbeef-dead-beef-dead-beefdeadbeef"),
        (S.GPU_UUID, "GPU-12345678-1234-5678-1234-567812345678"),
        (S.WWN, "5000000000000000"),
        (S.WWN, "naa.5000000000000001"),
        (S.WWN, "5000c50000000000"),
        (S.WWN, "eui.0000000000000001"),
        (S.MAC, "00:00:00:00:00:01"),
        (S.MAC, "00:11:22:33:44:55"),
        (S.WWN, "eui.00000000000000000000000000000000"),
        (S.WWN, "nvme.8086-4254-494e54454c-00000001"),
        (S.MAC, "00:00:00:00:00:00"),
        (S.MAC, "ff:ff:ff:ff:ff:ff"),
        (S.HOSTNAME, "node17"),
    ],
)
def test_rule_15_what_has_not_its_schemes_form_joins_nothing(scheme: Scheme, text: str) -> None:
    assert usable(Kind.NIC, Identifier(scheme, "", text)) is None


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        (S.SYSTEM_UUID, "5f1cf000-643d-11f0-8000-7cc25590513a"),  # version 1 with a board's own address
        (S.SYSTEM_UUID, "00000000-0000-0000-0000-0cc47a123456"),
        (S.SYSTEM_UUID, "4c4c4544-004c-4610-8056-c3c04f374d32"),
        (S.WWN, "eui.0000000001000000e4d25c000014d214"),
        (S.WWN, "0x5000c500a1b2c3d4"),
        (S.MAC, "00:25:90:00:00:01"),
    ],
)
def test_rule_15_values_with_many_zeros_are_values(scheme: Scheme, text: str) -> None:
    assert usable(Kind.NIC, Identifier(scheme, "", text)) is not None


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        (S.GPU_UUID, "GPU-5269b708-678a-b1a8-60f0-c90406537486", "5269B708678AB1A860F0C90406537486"),
        (S.SYSTEM_UUID, "4C4C4544-0048-5110-804A-C6C04F594A32", "{4c4c4544-0048-5110-804a-c6c04f594a32}"),
        (S.SYSTEM_UUID, "4C4C4544-0048-5110-804A-C6C04F594A32", "44454c4c-4800-1051-804a-c6c04f594a32"),
        (S.WWN, "0x5000c500a1b2c3d4", "naa.5000C500A1B2C3D4"),
        (S.WWN, "eui.01000000000000005cd2e4f369d35651", "0100-0000-0000-0000-5cd2-e4f3-69d3-5651"),
        (S.MAC, "7C:C2:55:90:51:3A", "7cc2.5590.513a"),
        (S.SERIAL, " s464ny0m  ", "S464NY0M"),
        (S.BOARD_SERIAL, ".CLFV7M2.CNIVC007CV0803.", "CNIVC007CV0803"),
        (S.BOARD_SERIAL, "/CLFV7M2/CN129634B2001D/", "CN129634B2001D"),
        (S.BOARD_SERIAL, "..CN7082166700QD.", "CN7082166700QD"),
        (S.DEVICE_KEY, "SHA256:AB:CD:EF:91:23:45:67:8A", "abcdef912345678a"),
    ],
)
def test_rule_15_spellings_of_one_value_are_one_value(scheme: Scheme, one: str, other: str) -> None:
    values = [usable(Kind.NIC, Identifier(scheme, "acme/x10", text)) for text in (one, other)]
    assert values[0] == values[1] is not None


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("Super Micro Computer, Inc./ARS-121GL", "supermicro/ars-121gl"),
        ("Supermicro", "supermicro"),
        ("Supermicro/", "supermicro"),
        ("N/A/699-2G548", "/699-2g548"),
        ("NVIDIA Corporation/N/A", "nvidia"),
        ("Hewlett Packard Enterprise/P1", "hpe/p1"),
        ("To be filled by O.E.M./Not Specified", ""),
    ],
)
def test_rule_15_a_serials_scope_is_its_maker_and_part(text: str, scope: str) -> None:
    assert scope_of(text) == scope


def test_rule_15_a_mac_is_strong_on_a_card_if_globally_administered() -> None:
    def mac(kind: Kind, text: str) -> bool:
        value = usable(kind, Identifier(S.MAC, "", text))
        assert value is not None
        return strong(value)

    assert mac(Kind.NIC, "7c:c2:55:90:51:3a")
    assert not mac(Kind.CHASSIS, "7c:c2:55:90:51:3a")
    assert not mac(Kind.NIC, "12:44:6a:3b:04:11")  # administered locally
    assert not mac(Kind.NIC, "23:11:8a:33:cf:ea")  # a group's


def test_rule_15_every_scheme_has_its_row() -> None:
    assert set(TABLE) == {*S, HOLDS_BOARD}


# ---------------------------------------------------------------------------------------------- carriers


def test_rule_15_a_chassis_is_split_from_its_board() -> None:
    chassis, board = split(
        item("c", Kind.CHASSIS, "r", serial="acme/x10:S100", system_uuid=U1, board_serial="acme/b10:B100")
    )
    assert (chassis.slot, chassis.kind, chassis.within) == ("c", Kind.CHASSIS, "r")
    assert (board.slot, board.kind, board.within) == ("c/board", Kind.BOARD, "c")
    assert {value.scheme for value in chassis.strong} == {"serial"}
    assert {value.scheme for value in board.strong} == {"system_uuid", "board_serial"}
    assert {value.scope for value in chassis.weak if value.scheme == HOLDS_BOARD} == {"system_uuid", "board_serial"}


def test_rule_15_a_gpu_is_split_from_its_module_and_stays_where_it_is() -> None:
    own, module = split(item("g", Kind.GPU, "tray", gpu_uuid=U1, module_serial="acme/m10:M100"), {"g", "g/module"})
    assert (own.slot, own.within) == ("g", "tray")
    assert (module.slot, module.kind, module.within) == ("g/module~", Kind.BOARD, "tray")
    assert not own.weak


def test_rule_15_an_item_with_two_serials_says_nothing_about_its_serial() -> None:
    thing = Item(
        "d", Kind.DRIVE, None, (Identifier(S.SERIAL, "acme/d10", "S100"), Identifier(S.SERIAL, "acme/d10", "S200"))
    )
    assert not split(thing)[0].strong


def test_rule_15_a_part_keeps_its_key_while_its_asset_tag_changes() -> None:
    keys = [part_of(split(item("c", Kind.CHASSIS, asset_tag=tag))[0], "a", "node").key for tag in ("T-100", "T-200")]
    assert keys[0] == keys[1]
    named = [part_of(split(item("c", Kind.CHASSIS, serial=text))[0], "a", "node").key for text in ("S100", "S200")]
    assert len({*keys, *named}) == 3  # another serial is another thing, even when nobody knows whose serial


# ---------------------------------------------------------------------------------------------- what joins


def test_rule_15_agent_and_controller_meet_in_one_chassis_and_one_board() -> None:
    seen = Seen(
        ("agent", [item("dmi", Kind.CHASSIS, system_uuid=U1)]),
        ("bmc", [item("Chassis/1", Kind.CHASSIS, serial="acme/x10:S100", system_uuid=U1)]),
    )
    assert seen.one(("agent", "dmi"), ("bmc", "Chassis/1"))
    assert seen.one(("agent", "dmi/board"), ("bmc", "Chassis/1/board"))
    assert len(seen.outcome.groups) == 2


def test_rule_15_a_weak_value_joins_nothing_while_there_are_two_candidates() -> None:
    agent = ("agent", [item("dmi", Kind.CHASSIS, asset_tag="T-100")])
    ueid = ("key", [item("c", Kind.CHASSIS, ueid="feedfacefeedface", asset_tag="T-100")])
    serial = ("bmc", [item("c", Kind.CHASSIS, serial="acme/x10:S100", asset_tag="T-100")])
    both = ("both", [item("c", Kind.CHASSIS, serial="acme/x10:S100", ueid="feedfacefeedface")])
    assert Seen(agent, serial).one(("agent", "dmi"), ("bmc", "c"))
    assert Seen(agent, serial, ueid).apart(("agent", "dmi"), ("bmc", "c"), ("key", "c"))
    assert Seen(agent, serial, ueid, both).one(("agent", "dmi"), ("bmc", "c"), ("key", "c"))


def test_rule_15_a_weak_value_with_one_candidate_joins_whatever_another_one_says() -> None:
    seen = Seen(
        ("agent", [item("dmi", Kind.CHASSIS, asset_tag="T-100", system_uuid=U1)]),
        ("bmc", [item("c", Kind.CHASSIS, serial="acme/x10:S100", asset_tag="T-100", system_uuid=U1)]),
        ("key", [item("c", Kind.CHASSIS, ueid="feedfacefeedface", asset_tag="T-100")]),
    )
    assert seen.one(("agent", "dmi"), ("bmc", "c"))
    assert seen.apart(("agent", "dmi"), ("key", "c"))


def test_rule_15_a_weak_value_joins_nothing_that_contradicts_its_candidate() -> None:
    """One that does stands alone, and keeps nobody else from joining."""
    seen = Seen(
        ("a", [item("g", Kind.GPU, gpu_uuid=U1, serial="acme/g10:S100")]),
        ("b", [item("g", Kind.GPU, gpu_uuid=U1, asset_tag="T-100")]),
        ("c", [item("g", Kind.GPU, asset_tag="T-100")]),
        ("d", [item("g", Kind.GPU, asset_tag="T-100", serial="S200")]),
    )
    assert seen.one(("a", "g"), ("b", "g"), ("c", "g"))
    assert seen.apart(("c", "g"), ("d", "g"))


def test_rule_15_a_repaired_board_splits_no_chassis() -> None:
    seen = Seen(
        ("bmc", [item("c", Kind.CHASSIS, serial="acme/x10:S100", system_uuid=U1)]),
        ("bmc", [item("c", Kind.CHASSIS, serial="acme/x10:S100", system_uuid=U2)]),
    )
    assert len(set(seen.at["bmc", "c"])) == 1
    assert len(set(seen.at["bmc", "c/board"])) == 2
    assert not seen.outcome.disputed


def test_rule_15_a_stronger_identifier_that_turns_up_later_joins_what_weaker_ones_named() -> None:
    seen = Seen(
        ("nvml", [item("g", Kind.GPU, gpu_uuid=U1)]),
        ("bmc", [item("GPU_0", Kind.GPU, serial="acme/g10:S100")]),
        ("both", [item("0", Kind.GPU, gpu_uuid=U1, serial="acme/g10:S100", device_key="feedfacefeedface")]),
    )
    assert seen.one(("nvml", "g"), ("bmc", "GPU_0"), ("both", "0"))
    assert seen.outcome.groups[0].first == seen.at["nvml", "g"][0]


def test_rule_16_a_join_keeps_the_name_of_the_first_in_the_order_of_rule_5() -> None:
    reports = [
        ("bmc", [item("GPU_0", Kind.GPU, serial="acme/g10:S100")]),
        ("both", [item("0", Kind.GPU, gpu_uuid=U1, serial="acme/g10:S100")]),
    ]
    for order in (reports, reports[::-1]):
        seen = Seen(*order)
        assert seen.outcome.groups[0].first == seen.at[order[0][0], order[0][1][0].slot][0]


def test_rule_16_a_part_that_is_seen_again_keeps_its_first_place() -> None:
    early = [item("g", Kind.GPU, gpu_uuid=U1)]
    seen = Seen(("a", early), ("b", [item("g", Kind.GPU, gpu_uuid=U1, device_key="feedfacefeedface")]), ("c", early))
    assert seen.outcome.groups[0].first == seen.at["a", "g"][0]


def test_rule_15_a_serial_with_less_scope_joins_the_one_that_has_more() -> None:
    fuller = ("bmc", [item("c", Kind.CHASSIS, serial="acme/x10:S100")])
    lesser = ("dmi", [item("c", Kind.CHASSIS, serial="ACME Inc.:S100")])
    none = ("tool", [item("c", Kind.CHASSIS, serial="S100")])
    other = ("other", [item("c", Kind.CHASSIS, serial="acme/y10:S100")])
    assert Seen(fuller, lesser, none).one(("bmc", "c"), ("dmi", "c"), ("tool", "c"))
    assert Seen(fuller, other).apart(("bmc", "c"), ("other", "c"))
    assert not Seen(fuller, other).outcome.disputed
    assert Seen(fuller, other, lesser, none).apart(("bmc", "c"), ("other", "c"), ("dmi", "c"))
    assert Seen(none, ("tool2", none[1])).apart(("tool", "c"), ("tool2", "c"))


def test_rule_15_a_contradiction_joins_nothing_is_disputed_and_both_stay() -> None:
    """By way of others: no value's own parts conflict, so none is shared, but the union would."""
    seen = Seen(
        ("a", [item("g", Kind.GPU, gpu_uuid=U1, serial="acme/g10:S100")]),
        ("b", [item("g", Kind.GPU, gpu_uuid=U1, ueid="feedfacefeedface")]),
        ("c", [item("g", Kind.GPU, device_key="0123fedc0123fedc", ueid="feedfacefeedface")]),
        ("d", [item("g", Kind.GPU, device_key="0123fedc0123fedc", serial="acme/g10:S200")]),
    )
    assert not seen.known
    assert seen.disputed == {"gpu_uuid"}
    assert seen.one(("b", "g"), ("c", "g"), ("d", "g"))
    assert seen.apart(("a", "g"), ("b", "g"))


# ---------------------------------------------------------------------------------------------- traps


def test_rule_16_two_gpus_and_their_module_share_one_serial() -> None:
    """Rules 15 and 16: kinds never mix, the GPUs are told apart by UUID, and the serial joins none of them."""
    module = "nvidia/900-2g548:1653125034241"
    seen = Seen(
        (
            "bmc",
            [
                item("Module_0", Kind.BOARD, serial=module),
                item("GPU_0", Kind.GPU, "Module_0", gpu_uuid=U1, serial=module),
                item("GPU_1", Kind.GPU, "Module_0", gpu_uuid=U2, serial=module),
            ],
        ),
        ("agent", [item("0", Kind.GPU, gpu_uuid=U1, serial=module), item("1", Kind.GPU, gpu_uuid=U2, serial=module)]),
        ("tool", [item("module", Kind.BOARD, serial=module), item("gpu", Kind.GPU, serial=module)]),
    )
    assert seen.one(("bmc", "GPU_0"), ("agent", "0"))
    assert seen.one(("bmc", "GPU_1"), ("agent", "1"))
    assert seen.apart(("bmc", "GPU_0"), ("bmc", "GPU_1"), ("bmc", "Module_0"), ("tool", "gpu"))
    assert seen.one(("bmc", "Module_0"), ("tool", "module"))


def test_rule_16_two_gpus_with_nothing_but_their_modules_serial_are_two() -> None:
    module = "nvidia/900-2g548:1653125034241"
    seen = Seen(
        ("bmc", [item("GPU_0", Kind.GPU, serial=module), item("GPU_1", Kind.GPU, serial=module)]),
        ("other", [item("GPU_0", Kind.GPU, serial=module)]),
    )
    assert seen.apart(("bmc", "GPU_0"), ("bmc", "GPU_1"), ("other", "GPU_0"))


def test_rule_15_two_gpus_on_one_module_name_one_module() -> None:
    seen = Seen(
        (
            "agent",
            [
                item("0", Kind.GPU, gpu_uuid=U1, module_serial="acme/m10:M100"),
                item("1", Kind.GPU, gpu_uuid=U2, module_serial="acme/m10:M100"),
            ],
        )
    )
    assert seen.one(("agent", "0/module"), ("agent", "1/module"))
    assert not seen.known


def test_rule_16_two_chassis_share_one_uuid() -> None:
    def chassis(serial: str) -> list[Item]:
        return [
            item("c", Kind.CHASSIS, serial=f"acme/x10:{serial}", system_uuid=U1, board_serial=f"acme/b10:B{serial}")
        ]

    agent = ("agent", [item("dmi", Kind.CHASSIS, system_uuid=U1)])
    seen = Seen(("bmc1", chassis("S100")), ("bmc2", chassis("S200")), agent)
    assert seen.apart(("bmc1", "c"), ("bmc2", "c"), ("agent", "dmi"))
    assert seen.apart(("bmc1", "c/board"), ("bmc2", "c/board"), ("agent", "dmi/board"))
    assert seen.disputed == {"system_uuid"}


def test_rule_16_two_chassis_of_one_report_with_one_uuid_have_two_boards() -> None:
    seen = Seen(
        (
            "bmc",
            [
                item("1", Kind.CHASSIS, serial="acme/x10:S100", system_uuid=U1),
                item("2", Kind.CHASSIS, serial="acme/x10:S200", system_uuid=U1),
            ],
        )
    )
    assert seen.apart(("bmc", "1"), ("bmc", "2"))
    assert seen.apart(("bmc", "1/board"), ("bmc", "2/board"))


def test_rule_15_one_gpu_serial_in_three_trays_is_one_gpu_that_three_claim() -> None:
    """Equal tuples are one thing in three bindings: where it is, is then disputed. The trays stay three."""
    trays = [
        (
            f"tray{n}",
            [
                item("t", Kind.CHASSIS, serial=f"acme/t10:TRAY{n}"),
                item("g", Kind.GPU, "t", gpu_uuid=U1, serial="nvidia/g10:1650000000001"),
            ],
        )
        for n in range(3)
    ]
    seen = Seen(*trays)
    assert seen.one(("tray0", "g"), ("tray1", "g"), ("tray2", "g"))
    assert seen.apart(("tray0", "t"), ("tray1", "t"), ("tray2", "t"))


def test_rule_16_one_serial_in_three_trays_on_gpus_of_different_uuids_joins_none() -> None:
    trays = [
        (f"tray{n}", [item("g", Kind.GPU, gpu_uuid=u, serial="nvidia/g10:S100")]) for n, u in enumerate((U1, U2, U3))
    ]
    seen = Seen(*trays)
    assert seen.apart(("tray0", "g"), ("tray1", "g"), ("tray2", "g"))
    assert seen.disputed == {"serial"}


def test_rule_14_a_thousand_power_supplies_called_na_are_a_thousand_assets() -> None:
    seen = Seen(*[(f"tray{n}", [item("psu0", Kind.PSU, serial="acme/psu:N/A")]) for n in range(1_000)])
    assert len(seen.outcome.groups) == 1_000


def test_rule_16_above_32_holders_a_value_is_shared_and_each_stands_alone() -> None:
    def seen(count: int) -> Seen:
        boards = [f"{n:08x}-1234-5678-9abc-def012345678" for n in range(count)]
        return Seen(
            *[(f"n{n}", [item("c", Kind.CHASSIS, serial="acme/x10:4242", system_uuid=u)]) for n, u in enumerate(boards)]
        )

    assert seen(32).one(("n0", "c"), ("n31", "c"))
    assert seen(33).apart(*[(f"n{n}", "c") for n in range(33)])


def test_rule_15_a_part_that_repeats_its_holders_name_is_a_thing_of_its_own() -> None:
    seen = Seen(
        (
            "bmc",
            [
                item("Chassis/1", Kind.CHASSIS, serial="acme/x10:S100", system_uuid=U1),
                item("Chassis/2", Kind.CHASSIS, "Chassis/1", serial="acme/x10:S100", system_uuid=U1),
            ],
        ),
        ("agent", [item("dmi", Kind.CHASSIS, system_uuid=U1)]),
    )
    assert seen.apart(("bmc", "Chassis/1"), ("bmc", "Chassis/2"))
    assert seen.one(("bmc", "Chassis/1"), ("agent", "dmi"))
    assert ("bmc", "Chassis/2/board") not in seen.at


def test_rule_15_a_card_that_is_listed_per_port_is_one_card() -> None:
    ports = [item(f"p{n}", Kind.NIC, serial="nvidia/mcx7:MT2528605", mac=f"7c:c2:55:90:51:3{n}") for n in range(2)]
    seen = Seen(("agent", ports), ("switch", [item("port/Ethernet1", Kind.NIC, mac="7C-C2-55-90-51-31")]))
    assert seen.one(("agent", "p0"), ("agent", "p1"), ("switch", "port/Ethernet1"))


# ---------------------------------------------------------------------------------------------- persons


def test_rule_16_persons_merge_and_part() -> None:
    one = ("a", [item("g", Kind.GPU, gpu_uuid=U1, serial="acme/g10:S100")])
    two = ("b", [item("g", Kind.GPU, gpu_uuid=U2, serial="acme/g10:S200")])
    pair = (("a", "g"), ("b", "g"))
    assert Seen(one, two).apart(*pair)
    assert Seen(one, two, merges=[pair]).one(*pair)
    assert Seen(one, two, merges=[pair], cuts=[pair]).apart(*pair)


def test_rule_16_a_part_by_persons_is_no_dispute() -> None:
    one = ("a", [item("d", Kind.DRIVE, wwn="5000c500a1b2c3d4")])
    two = ("b", [item("d", Kind.DRIVE, wwn="5000c500a1b2c3d4", serial="acme/d10:S200")])
    pair = (("a", "d"), ("b", "d"))
    assert Seen(one, two).one(*pair)
    seen = Seen(one, two, cuts=[pair])
    assert seen.apart(*pair)
    assert not seen.disputed


def test_rule_16_what_people_call_shared_joins_nothing() -> None:
    reports = [(source, [item("d", Kind.DRIVE, serial="acme/d10:S100")]) for source in ("a", "b")]
    assert Seen(*reports).one(("a", "d"), ("b", "d"))
    shared = everywhere(Identifier(S.SERIAL, "ACME/D10", "s100"))
    assert Seen(*reports, shared=shared).apart(("a", "d"), ("b", "d"))

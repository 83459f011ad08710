"""The model shows the rules: each on one small stream of records."""

from schemas import acts
from schemas.inventory import Identifier, Item
from schemas.words import Kind, PlaceKind, Scheme, SourceClass
from tests.reference.model import facts
from tests.reference.shapes import Facts, WhereFact
from tests.support.records import (
    ACTS,
    HOUR,
    MINUTE,
    SECOND,
    START,
    Stream,
    beat,
    digest_of,
    heartbeat,
    item,
    message,
    report,
    serial,
)

TOLERANCE = 15 * MINUTE  # three times our own report's five minutes
P1, P2 = "kl/r1/p1", "kl/r1/p2"
MAC = Identifier(Scheme.MAC, "", "00:25:90:aa:bb:01")


def chassis(name: str, *inside: Item, place: str | None = None) -> list[Item]:
    """Give a chassis with a serial, and what stands in it."""
    return [item("chassis", Kind.CHASSIS, serial(name, "acme/c1"), place=place), *inside]


def gpu(name: str, slot: str = "gpu/0") -> Item:
    """Give a GPU with a serial."""
    return item(slot, Kind.GPU, serial(name, "nv/h200"), within="chassis")


def say(stream: Stream, at: int, source: str, items: list[Item], partition: int = 0, **more: object) -> None:
    """Let a source report, its clock right."""
    stream.put(at, report(source, items, **{"time": at, **more}), partition)  # type: ignore[arg-type]


def enrol(stream: Stream, at: int, source: str, **more: object) -> None:
    """Enrol a source."""
    said = {"source_class": SourceClass.IN_BAND, **more}
    stream.act(at, acts.SourceEnrol(key=stream.key(), by="p-1", source=source, **said))  # type: ignore[arg-type]


def site(stream: Stream) -> None:
    """Put a site with two rack positions."""
    stream.act(START, acts.SitePut(key=stream.key(), by="p-1", site="kl", country="MY"))
    for place in (P1, P2):
        stream.act(
            START, acts.PlacePut(key=stream.key(), by="p-1", place=place, kind=PlaceKind.RACK_POSITION, within="kl")
        )


def of(stream: Stream, until: int) -> Facts:
    """Let time go on to a moment, and give the facts."""
    stream.beats(until)
    return facts(stream.records(), stream.partitions)


def where(found: Facts, kind: str) -> list[WhereFact]:
    """Give the believed whereabouts of the things of a kind, oldest first."""
    names = {name for name, its in found.parts if its == kind}
    return sorted((row for row in found.live() if row.asset in names), key=lambda row: row.from_at)


def test_rule_1_append_time_alone_says_when_we_knew_and_never_goes_back() -> None:
    stream = Stream()
    say(stream, START + MINUTE, "a", chassis("CH-0001"), time=START)
    say(stream, START, "a", chassis("CH-0001"), time=START)  # the broker's clock stepped back
    (run,) = of(stream, START + 2 * MINUTE).runs
    assert (run.first, run.last) == (START + MINUTE, START + MINUTE)


def test_rule_2_the_horizon_is_the_lowest_append_time_over_the_partitions() -> None:
    stream = Stream(partitions=2)
    stream.put(START + HOUR, beat(), 0)
    stream.put(START + MINUTE, beat(), 1)
    stream.put(START + HOUR, beat(), topic=ACTS)
    say(stream, START + 2 * MINUTE, "a", chassis("CH-0001"), 1)
    found = facts(stream.records(), 2)
    assert found.horizon == START + 2 * MINUTE
    assert found.runs
    assert not found.bindings  # what lies at the horizon is not derived yet


def test_rule_3_and_20_what_was_believed_stays_with_the_period_in_which_it_was() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START + MINUTE, "a", chassis("CH-0001"), complete_for=(Kind.GPU,))
    found = of(stream, START + 2 * MINUTE)
    rows = [row for row in found.whereabouts if row.container is not None]
    assert {(r.until_at, r.known_from, r.known_until) for r in rows} == {
        (None, START, START + MINUTE),
        (START + MINUTE, START + MINUTE, None),
    }


def test_rule_4_an_act_is_applied_once_per_idempotency_key() -> None:
    stream = Stream()
    for country in ("MY", "MY", "SG"):
        stream.act(START, acts.SitePut(key="once", by="p-1", site="kl", country=country))
    stream.act(START, acts.PlacePut(key="p", by="p-1", place="kl/x", kind=PlaceKind.HALL, within="nowhere"))
    outcomes = {act.offset: act.outcome for act in of(stream, START + MINUTE).acts}
    assert outcomes == {0: "applied", 1: "repeated", 2: "refused", 3: "refused"}


def test_rule_5_facts_do_not_depend_on_the_order_in_which_partitions_are_read() -> None:
    stream = Stream(partitions=2)
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")), 0)
    say(stream, START, "b", chassis("CH-0002", gpu("GPU-0001")), 1)
    enrol(stream, START, "b", interval_s=600)
    found = of(stream, START + HOUR)
    assert facts(stream.records()[::-1], 2) == found
    assert {run.tolerance for run in found.runs} == {TOLERANCE, 30 * MINUTE}  # acts come first in a millisecond


def test_rule_6_a_step_back_of_the_brokers_clock_shortens_nothing() -> None:
    stream = Stream()
    stream.put(START + HOUR, beat())
    stream.put(START, beat())
    say(stream, START + MINUTE, "a", chassis("CH-0001"), time=START + HOUR)
    (run,) = of(stream, START + HOUR + MINUTE).runs
    assert run.first == START + HOUR


def test_rule_7_scopes_and_partitions_have_runs_of_their_own_and_coverage_is_their_union() -> None:
    stream = Stream(partitions=2)
    say(stream, START, "a", chassis("CH-0001"), 0)
    say(stream, START + 10 * MINUTE, "a", chassis("CH-0001"), 1)
    say(stream, START, "a", chassis("CH-0002"), 0, scope="shelf")
    found = of(stream, START + 20 * MINUTE)
    assert {(run.scope, run.partition) for run in found.runs} == {("node", 0), ("node", 1), ("shelf", 0)}
    assert {gap.scope for gap in found.gaps} == {"shelf"}


def test_rule_8_an_inventory_is_its_canonical_content_whatever_its_bytes() -> None:
    stream = Stream()
    one = chassis("CH-0001", gpu("GPU-0001"), gpu("GPU-0002", "gpu/1"))
    say(stream, START, "a", one)
    say(stream, START + MINUTE, "a", one[::-1])
    (run,) = of(stream, START + 2 * MINUTE).runs
    assert run.last == START + MINUTE


def test_rule_9_a_run_extends_to_exactly_its_tolerance_and_a_new_term_starts_another() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001"))
    say(stream, START + TOLERANCE, "a", chassis("CH-0001"))
    enrol(stream, START + TOLERANCE + MINUTE, "a", interval_s=60)
    say(stream, START + TOLERANCE + MINUTE, "a", chassis("CH-0001"))
    say(stream, START + TOLERANCE + 6 * MINUTE + 1, "a", chassis("CH-0001"))
    runs = sorted(of(stream, START + HOUR).runs, key=lambda run: run.first)
    assert [(run.tolerance, run.end) for run in runs] == [
        (TOLERANCE, "replaced"),
        (5 * MINUTE, "silence"),
        (5 * MINUTE, None),
    ]


def test_rule_10_what_is_not_fresh_covers_nothing_and_what_has_no_time_does() -> None:
    stream = Stream()
    say(stream, START, "late", chassis("CH-0001"), time=START - 2 * MINUTE - 1)
    say(stream, START, "early", chassis("CH-0002"), time=START + HOUR)
    say(stream, START, "edge", chassis("CH-0003"), time=START - 2 * MINUTE)
    say(stream, START, "clockless", chassis("CH-0004"), time=None)
    found = of(stream, START + HOUR)
    timings = {run.source: run.timing for run in found.runs}
    assert timings == {"late": "late", "early": "late", "edge": "fresh", "clockless": "untimed"}
    assert {binding.source for binding in found.bindings} == {"edge", "clockless"}
    assert {gap.source for gap in found.gaps} == {"edge", "clockless"}


def test_rule_11_a_heartbeat_extends_what_its_source_stated_and_nothing_else() -> None:
    stream = Stream()
    mine = digest_of(chassis("CH-0001"))
    say(stream, START, "a", chassis("CH-0001"))
    stream.put(START + MINUTE, heartbeat("a", mine, time=START + MINUTE))
    stream.put(START + MINUTE, heartbeat("b", mine, time=START + MINUTE))
    stream.put(START + MINUTE, heartbeat("c", b"\0" * 32, time=START + MINUTE))
    found = of(stream, START + 2 * MINUTE)
    assert {(run.source, run.known, run.last) for run in found.runs} == {
        ("a", True, START + MINUTE),
        ("b", False, START + MINUTE),
        ("c", False, START + MINUTE),
    }
    assert {finding.subject for finding in found.findings} == {"source:b"}
    assert {binding.source for binding in found.bindings} == {"a"}


def test_rule_12_silence_opens_a_gap_ends_no_whereabouts_and_names_our_own_outages() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")))
    stream.put(START + 30 * SECOND - 1, beat())  # three beat intervals are ours, less is not
    stream.put(START + TOLERANCE, beat())
    say(stream, START + HOUR, "a", chassis("CH-0001", gpu("GPU-0001")))
    found = of(stream, START + HOUR + SECOND)
    (gap,) = found.gaps
    assert (gap.from_at, gap.opened_at, gap.until_at) == (START, START + TOLERANCE + 1, START + HOUR)
    (row,) = where(found, "gpu")
    assert (row.from_at, row.until_at) == (START, None)
    assert {(o.from_at, o.until_at) for o in found.outages if o.topic == "telemetry"} == {
        (START + 30 * SECOND - 1, START + TOLERANCE),
        (START + TOLERANCE, START + HOUR),
    }


def test_rule_13_runs_of_a_partition_follow_from_its_own_records_alone() -> None:
    stream = Stream(partitions=2)
    say(stream, START, "a", chassis("CH-0001"), 0)
    before = {run for run in of(stream, START + MINUTE).runs if run.partition == 0}
    say(stream, START + MINUTE, "a", chassis("CH-0002"), 1)
    assert before == {run for run in of(stream, START + 2 * MINUTE).runs if run.partition == 0}


def test_rule_14_things_without_a_name_share_an_inventory_and_are_things_apart() -> None:
    stream = Stream()
    for source in ("a", "b"):
        say(stream, START, source, [item("psu/1", Kind.PSU, serial("N/A"))])
    found = of(stream, START + MINUTE)
    assert len({run.digest for run in found.runs}) == 1
    assert len(found.groups()) == 2


def test_rule_15_agent_and_controller_meet_in_one_thing_whoever_comes_first() -> None:
    stream = Stream()
    say(stream, START, "agent", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START, "bmc", chassis("CH-0001"))
    found = of(stream, START + MINUTE)
    assert len({b.asset for b in found.bindings if b.kind == "chassis"}) == 1


def test_rule_16_a_value_on_two_things_at_once_joins_nothing() -> None:
    stream = Stream()
    twins = chassis("CH-0001", gpu("GPU-0001"), gpu("GPU-0001", "gpu/1"))
    say(stream, START, "a", twins)
    found = of(stream, START + MINUTE)
    assert ("serial", "nv/h200", "GPU-0001", "gpu") in found.shared
    assert len({b.asset for b in found.bindings if b.kind == "gpu"}) == 2


def test_rule_17_sources_that_agree_make_one_row() -> None:
    stream = Stream()
    say(stream, START, "agent", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START + MINUTE, "bmc", chassis("CH-0001", gpu("GPU-0001", "slot 7")))
    (row,) = where(of(stream, START + HOUR), "gpu")
    assert (row.from_at, row.moving, row.disputed) == (START, False, False)


def test_rule_18_a_move_is_decided_once_the_older_claims_tolerance_is_over() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START + MINUTE, "b", chassis("CH-0002", gpu("GPU-0001")))
    (moving,) = [row for row in where(of(stream, START + 2 * MINUTE), "gpu") if row.until_at is None]
    assert moving.moving
    rows = where(of(stream, START + HOUR), "gpu")
    assert [(row.from_at, row.until_at, row.moving) for row in rows] == [
        (START, START + MINUTE, False),
        (START + MINUTE, None, False),
    ]
    assert rows[1].known_from == START + MINUTE + TOLERANCE + 1


def test_rule_18_an_older_claim_that_goes_on_makes_a_dispute_and_one_finding() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START + MINUTE, "b", chassis("CH-0002", gpu("GPU-0001")))
    for n in range(2, 30, 5):
        for source, name in (("a", "CH-0001"), ("b", "CH-0002")):
            say(stream, START + n * MINUTE, source, chassis(name, gpu("GPU-0001")))
    found = of(stream, START + 30 * MINUTE)
    (dispute,) = found.disputes
    assert (dispute.from_at, dispute.shown[0], dispute.rival[0]) == (START + MINUTE, "a", "b")
    assert [finding.kind for finding in found.findings] == ["identity_disputed"]


def test_rule_19_absence_ends_whereabouts_and_retirement_does_not() -> None:
    stream = Stream()
    say(stream, START, "a", chassis("CH-0001", gpu("GPU-0001")))
    say(stream, START, "b", chassis("CH-0002", item("bay/1", Kind.DRIVE, serial("DR-0001"), within="chassis")))
    say(stream, START + MINUTE, "a", chassis("CH-0001"), complete_for=(Kind.GPU,))
    stream.act(START + MINUTE, acts.SourceRetire(key="r", by="p-1", source="b"))
    say(stream, START + 2 * MINUTE, "b", chassis("CH-0002"))
    found = of(stream, START + HOUR)
    assert [row.until_at for row in where(found, "gpu")] == [START + MINUTE]
    assert [row.until_at for row in where(found, "drive")] == [None]
    assert {(run.source, run.end) for run in found.runs if run.end} == {("a", "replaced"), ("b", "retired")}
    assert {finding.kind for finding in found.findings} == {"component_missing"}
    assert {letter.code for letter in found.dead} == {"retired_source"}


def test_rule_21_believed_rows_of_one_thing_never_overlap() -> None:
    stream = Stream()
    site(stream)
    for n, place in enumerate((P1, P2, P1, None, P2)):
        say(stream, START + n * MINUTE, "a", chassis("CH-0001", place=place))
    rows = where(of(stream, START + HOUR), "chassis")
    ends = [row.until_at or START + HOUR for row in rows]
    assert all(end <= row.from_at for end, row in zip(ends, rows[1:], strict=False))


def test_rule_24_a_simulated_cells_own_times_decide_and_its_horizon_stays_at_its_end() -> None:
    stream = Stream()
    long_ago = START - 30 * 24 * HOUR
    say(stream, long_ago, "a", chassis("CH-0001"))
    found = of(stream, long_ago + MINUTE)
    assert found.horizon == long_ago + MINUTE
    assert {run.timing for run in found.runs} == {"fresh"}


def test_rule_25_a_source_that_nobody_enrolled_is_accepted_with_its_formats_interval() -> None:
    stream = Stream()
    say(stream, START, "stranger", chassis("CH-0001"))
    (run,) = of(stream, START + MINUTE).runs
    assert run.tolerance == TOLERANCE


def test_rule_25_what_a_person_brought_once_leaves_no_gap() -> None:
    """A capture's run ends as any other does; nobody expects the next one, so its silence is none."""
    stream = Stream()
    enrol(stream, START, "ingest/node7/smi.xml", source_class=SourceClass.PERSON)
    for source in ("ingest/node7/smi.xml", "agent"):
        say(stream, START, source, chassis("CH-0001"))
    found = of(stream, START + HOUR)
    assert {gap.source for gap in found.gaps} == {"agent"}
    assert {run.last for run in found.runs} == {START}


def test_rule_25_a_survey_counts_for_facility_sources_only_and_from_when_it_is_known() -> None:
    stream = Stream()
    site(stream)
    seen = [item("port/1", Kind.NIC, MAC)]
    say(stream, START, "agent", chassis("CH-0001", item("nic", Kind.NIC, MAC, within="chassis")))
    enrol(stream, START, "switch", source_class=SourceClass.FACILITY, control_domain="landlord")
    say(stream, START, "switch", seen, scope="ports")
    say(stream, START, "liar", seen, scope="ports")
    for source, place in (("switch", P1), ("liar", P2)):
        survey = acts.SurveyPut(key=stream.key(), by="p-1", source=source, positions={"port/1": place})
        stream.act(START + MINUTE, survey)
    found = of(stream, START + 10 * MINUTE)
    assert {(b.source, b.place) for b in found.bindings if b.surveyed} == {("switch", P1)}
    (row,) = where(found, "chassis")
    assert (row.place, row.from_at) == (P1, START + MINUTE)


def test_rule_35_what_cannot_be_read_is_kept_with_its_reason_and_stops_nothing() -> None:
    stream = Stream()
    stream.put(START, message("a", b"{", time=START))
    stream.put(START, message("a", None, time=START))
    say(stream, START + SECOND, "a", chassis("CH-0001"))
    found = of(stream, START + MINUTE)
    assert sorted(letter.code for letter in found.dead) == ["bad_json", "tombstone"]
    assert len(found.runs) == 1


def test_rule_26_a_control_domain_is_one_however_it_is_typed() -> None:
    """Else one party would corroborate itself by its spelling."""
    said = [
        acts.SourceEnrol(key="k", by="p-1", source="a", source_class=SourceClass.FACILITY, control_domain=name)
        for name in ("Landlord", "LANDLORD", "landlord")
    ]
    assert {act.control_domain for act in said} == {"landlord"}
    assert acts.SourceEnrol(**{**said[0].model_dump(), "control_domain": "Unknown"}).control_domain == "unknown"

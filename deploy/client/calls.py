"""The API's operations, one method each. Generated: `python -m deploy.openapi`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, cast
from urllib.parse import quote

from deploy.client import shapes
from deploy.client.base import Answer, Sends

Rows = Literal["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"]


class Calls(Sends):
    """The operations of the API."""

    def ask(
        self, body: shapes.ClaimAsked, *, idempotency_key: str | None = None
    ) -> shapes.Attestation | shapes.JobShown:
        """Judge a claim on the evidence of a cell, as known at `known_at` (default, and at most: the horizon).

        The body is canonical JSON (RFC 8785) and a function of the claim, `known_at`, the ruleset and the caller's
        rights: asked again with the `known_at` that it names, the same bytes come. `ETag` is their SHA-256; the
        header `Holdfast-Horizon` says how far the cell is derived now.

        A claim about more than 3,000 things, or about things in more than 50 racks, takes longer than a second
        (measured on one core; a rack of 81 things takes 15 ms): it becomes a job, 202, which has the same answer
        once it is done. Sent again with the same `Idempotency-Key`, it is the same job. A party that sees by grants
        waits for its answer.
        """
        return cast(
            "shapes.Attestation | shapes.JobShown",
            self._call("POST", "/v1/attestations", {}, json=body, headers={"Idempotency-Key": idempotency_key}),
        )

    def make_job(self, body: shapes.JobAsked, *, idempotency_key: str | None = None) -> shapes.JobShown:
        """Let a claim of up to 100,000 things be judged as a job; without a cell, about everything in all of yours.

        What it is about, and `known_at`, are fixed when it is made. An operator may have four open jobs; each is
        kept for 7 days. The same `Idempotency-Key` gives the same job.
        """
        return cast(
            "shapes.JobShown",
            self._call("POST", "/v1/jobs", {}, json=body, headers={"Idempotency-Key": idempotency_key}),
        )

    def list_jobs(self, *, limit: int | None = None, cursor: str | None = None) -> shapes.JobsAnswer:
        """List your operator's jobs that are kept, oldest first, without their answers."""
        return cast("shapes.JobsAnswer", self._call("GET", "/v1/jobs", {"limit": limit, "cursor": cursor}))

    def make_job_of_list(
        self,
        body: bytes,
        content_type: Literal["text/csv"],
        *,
        cell: str,
        predicate: shapes.Predicate,
        from_at: str,
        until: str,
        place: str | None = None,
        country: str | None = None,
        kind: Sequence[shapes.Kind] | None = None,
        identity: shapes.IdentityGrade | None = None,
        grade: shapes.PlaceGrade | None = None,
        max_silence_s: Sequence[str] | None = None,
        known_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.JobShown:
        """Let a claim about a list of up to 100,000 lines be judged as a job: CSV with a heading, one thing per line.

        Columns: `asset`, or `scheme`, `value` and, if known, `scope`. What stands in it twice is judged once; what
        names nothing of yours, or many things, is `unproven`. The answer names the list by its number of things and
        a hash.
        """
        return cast(
            "shapes.JobShown",
            self._call(
                "POST",
                "/v1/jobs/csv",
                {
                    "cell": cell,
                    "predicate": predicate,
                    "from": from_at,
                    "until": until,
                    "place": place,
                    "country": country,
                    "kind": kind,
                    "identity": identity,
                    "grade": grade,
                    "max_silence_s": max_silence_s,
                    "known_at": known_at,
                },
                content=body,
                headers={"Content-Type": content_type, "Idempotency-Key": idempotency_key},
            ),
        )

    def read_job(self, job: str) -> shapes.JobAnswer:
        """Read a job: how far it is, and its answer once it is done.

        The answer's canonical form (RFC 8785) is a function of the claim, `known_at`, the ruleset and your rights.
        """
        return cast("shapes.JobAnswer", self._call("GET", f"/v1/jobs/{quote(str(job), safe='')}", {}))

    def cancel_job(self, job: str) -> shapes.JobShown:
        """Cancel a job that is open; what was found out so far is dropped. One that has ended stays as it is."""
        return cast("shapes.JobShown", self._call("DELETE", f"/v1/jobs/{quote(str(job), safe='')}", {}))

    def read_members(
        self, job: str, *, limit: int | None = None, cursor: str | None = None
    ) -> AbstractContextManager[Answer]:
        """Stream the verdict on each member, as JSON Lines, in the order in which they are judged.

        Of a job that is open, those that are judged so far, up to the first that is not: `Holdfast-Next` goes on
        there.
        """
        return self._stream("GET", f"/v1/jobs/{quote(str(job), safe='')}/members", {"limit": limit, "cursor": cursor})

    def watch_job(self, job: str) -> AbstractContextManager[Answer]:
        """Stream how far a job is, each time that it changed, until it ends: at most for ten minutes, then ask again.

        The stream ends with the key, too, and where the server stops.
        """
        return self._stream("GET", f"/v1/jobs/{quote(str(job), safe='')}/progress", {})

    def find_assets(
        self,
        *,
        scheme: shapes.Scheme | None = None,
        value: str | None = None,
        scope: str | None = None,
        place: str | None = None,
        kind: shapes.Kind | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageAssetShown:
        """Find assets by identifier (`scheme` and `value`, `scope` if known), by place at `as_of`, or page through
        all."""
        return cast(
            "shapes.PageAssetShown",
            self._call(
                "GET",
                "/v1/assets",
                {
                    "scheme": scheme,
                    "value": value,
                    "scope": scope,
                    "place": place,
                    "kind": kind,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def find_assets_as_rows(
        self,
        *,
        rows: Rows,
        scheme: shapes.Scheme | None = None,
        value: str | None = None,
        scope: str | None = None,
        place: str | None = None,
        kind: shapes.Kind | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `find_assets` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/assets",
            {
                "scheme": scheme,
                "value": value,
                "scope": scope,
                "place": place,
                "kind": kind,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def read_asset(
        self, asset: str, *, cell: str | None = None, known_at: str | None = None, as_of: str | None = None
    ) -> shapes.AssetAnswer:
        """Read one asset: its names and identifiers, and where it stood at `as_of`."""
        return cast(
            "shapes.AssetAnswer",
            self._call(
                "GET", f"/v1/assets/{quote(str(asset), safe='')}", {"cell": cell, "known_at": known_at, "as_of": as_of}
            ),
        )

    def read_whereabouts(
        self,
        asset: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageWhereaboutsShown:
        """Read where an asset was, stretch by stretch, as known at `known_at`."""
        return cast(
            "shapes.PageWhereaboutsShown",
            self._call(
                "GET",
                f"/v1/assets/{quote(str(asset), safe='')}/whereabouts",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_whereabouts_as_rows(
        self,
        asset: str,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `read_whereabouts` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            f"/v1/assets/{quote(str(asset), safe='')}/whereabouts",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_contents(
        self,
        asset: str,
        *,
        deep: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageStandingShown:
        """Read what stood in an asset at `as_of`: directly, or `deep`, down to the last part."""
        return cast(
            "shapes.PageStandingShown",
            self._call(
                "GET",
                f"/v1/assets/{quote(str(asset), safe='')}/contents",
                {"deep": deep, "limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_contents_as_rows(
        self,
        asset: str,
        *,
        rows: Rows,
        deep: bool | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `read_contents` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            f"/v1/assets/{quote(str(asset), safe='')}/contents",
            {"deep": deep, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_runs(
        self,
        asset: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageRunShown:
        """Read the runs of the sources that spoke of an asset, while they did."""
        return cast(
            "shapes.PageRunShown",
            self._call(
                "GET",
                f"/v1/assets/{quote(str(asset), safe='')}/runs",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_runs_as_rows(
        self,
        asset: str,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `read_runs` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            f"/v1/assets/{quote(str(asset), safe='')}/runs",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_events(
        self,
        asset: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageEventShown:
        """Read the events about an asset, with the very bytes that their hashes are of."""
        return cast(
            "shapes.PageEventShown",
            self._call(
                "GET",
                f"/v1/assets/{quote(str(asset), safe='')}/events",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_events_as_rows(
        self,
        asset: str,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `read_events` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            f"/v1/assets/{quote(str(asset), safe='')}/events",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_sites(self) -> shapes.SitesAnswer:
        """List your cells and the sites that each holds, with each cell's horizon."""
        return cast("shapes.SitesAnswer", self._call("GET", "/v1/sites", {}))

    def list_places(
        self,
        *,
        kind: shapes.PlaceKind | None = None,
        within: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PagePlaceShown:
        """List places by name, as known at `known_at`: of a kind, or those that stand directly within one."""
        return cast(
            "shapes.PagePlaceShown",
            self._call(
                "GET",
                "/v1/places",
                {
                    "kind": kind,
                    "within": within,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_places_as_rows(
        self,
        *,
        rows: Rows,
        kind: shapes.PlaceKind | None = None,
        within: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_places` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/places",
            {"kind": kind, "within": within, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_place_contents(
        self,
        place: str,
        *,
        deep: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageStandingShown:
        """Read what stood in a place at `as_of`: directly there, or `deep`, down to the last part."""
        return cast(
            "shapes.PageStandingShown",
            self._call(
                "GET",
                f"/v1/places/{quote(str(place), safe='')}/contents",
                {"deep": deep, "limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_place_contents_as_rows(
        self,
        place: str,
        *,
        rows: Rows,
        deep: bool | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `read_place_contents` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            f"/v1/places/{quote(str(place), safe='')}/contents",
            {"deep": deep, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_place(
        self, place: str, *, cell: str | None = None, known_at: str | None = None, as_of: str | None = None
    ) -> shapes.PlaceAnswer:
        """Read one place."""
        return cast(
            "shapes.PlaceAnswer",
            self._call(
                "GET", f"/v1/places/{quote(str(place), safe='')}", {"cell": cell, "known_at": known_at, "as_of": as_of}
            ),
        )

    def list_sources(
        self,
        *,
        source_class: shapes.SourceClass | None = None,
        control_domain: str | None = None,
        retired: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageSourceShown:
        """List sources by name, enrolled or merely seen, as known at `known_at`: of a class, of a domain, retired."""
        return cast(
            "shapes.PageSourceShown",
            self._call(
                "GET",
                "/v1/sources",
                {
                    "source_class": source_class,
                    "control_domain": control_domain,
                    "retired": retired,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_sources_as_rows(
        self,
        *,
        rows: Rows,
        source_class: shapes.SourceClass | None = None,
        control_domain: str | None = None,
        retired: bool | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_sources` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/sources",
            {
                "source_class": source_class,
                "control_domain": control_domain,
                "retired": retired,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def read_source(
        self, source: str, *, cell: str | None = None, known_at: str | None = None, as_of: str | None = None
    ) -> shapes.SourceAnswer:
        """Read one source: what was enrolled last, or what it first appeared as."""
        return cast(
            "shapes.SourceAnswer",
            self._call(
                "GET",
                f"/v1/sources/{quote(str(source), safe='')}",
                {"cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_statuses(
        self,
        *,
        asset: str | None = None,
        status: shapes.Status | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageStatusShown:
        """List what was said of the status of things, in the order of the acts, as known at `known_at`.

        With `asset`: of that one, under all of its names. What was withdrawn by then is left out.
        """
        return cast(
            "shapes.PageStatusShown",
            self._call(
                "GET",
                "/v1/statuses",
                {
                    "asset": asset,
                    "status": status,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_statuses_as_rows(
        self,
        *,
        rows: Rows,
        asset: str | None = None,
        status: shapes.Status | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_statuses` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/statuses",
            {"asset": asset, "status": status, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_work(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageWorkShown:
        """List planned work by ticket, each as last told by `known_at`, what was called off too."""
        return cast(
            "shapes.PageWorkShown",
            self._call(
                "GET",
                "/v1/work",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_work_as_rows(
        self,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_work` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/work",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_ticket(
        self, ticket: str, *, cell: str | None = None, known_at: str | None = None, as_of: str | None = None
    ) -> shapes.TicketAnswer:
        """Read a ticket of planned work in all its versions, as told by `known_at`, oldest first."""
        return cast(
            "shapes.TicketAnswer",
            self._call(
                "GET", f"/v1/work/{quote(str(ticket), safe='')}", {"cell": cell, "known_at": known_at, "as_of": as_of}
            ),
        )

    def list_findings(
        self,
        *,
        state: Literal["open", "closed"] | None = None,
        kind: shapes.FindingKind | None = None,
        severity: str | None = None,
        subject: str | None = None,
        from_at: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageFindingShown:
        """List findings as they are now, oldest first; with `from` and `until`, those that were open in that time."""
        return cast(
            "shapes.PageFindingShown",
            self._call(
                "GET",
                "/v1/findings",
                {
                    "state": state,
                    "kind": kind,
                    "severity": severity,
                    "subject": subject,
                    "from": from_at,
                    "until": until,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_findings_as_rows(
        self,
        *,
        rows: Rows,
        state: Literal["open", "closed"] | None = None,
        kind: shapes.FindingKind | None = None,
        severity: str | None = None,
        subject: str | None = None,
        from_at: str | None = None,
        until: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_findings` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/findings",
            {
                "state": state,
                "kind": kind,
                "severity": severity,
                "subject": subject,
                "from": from_at,
                "until": until,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def list_dead_letters(
        self,
        *,
        code: str | None = None,
        source: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageDeadLetterShown:
        """List records that could not be read, oldest first, without their bytes. Needs the scope `audit`."""
        return cast(
            "shapes.PageDeadLetterShown",
            self._call(
                "GET",
                "/v1/dead-letters",
                {
                    "code": code,
                    "source": source,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_dead_letters_as_rows(
        self,
        *,
        rows: Rows,
        code: str | None = None,
        source: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_dead_letters` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/dead-letters",
            {"code": code, "source": source, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def read_dead_letter(
        self,
        partition: int,
        offset: int,
        *,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.DeadLetterAnswer:
        """Read one record that could not be read, with its key, headers and bytes. Needs the scope `audit`."""
        return cast(
            "shapes.DeadLetterAnswer",
            self._call(
                "GET",
                f"/v1/dead-letters/{quote(str(partition), safe='')}/{quote(str(offset), safe='')}",
                {"cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def write_acts(
        self,
        body: bytes,
        content_type: Literal["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"],
        *,
        cell: str,
        act: str | None = None,
        by: str | None = None,
        idempotency_key: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Write up to 100,000 acts: JSON Lines, CSV with a heading, or Parquet; columns are the members of acts.

        All lines are looked at first: where any is wrong nothing is written, and up to 20 are named. A line without
        a `key` gets that of the header `Idempotency-Key` with its number, so that the same rows sent again are
        applied once. In CSV and Parquet what is neither text, a number, a moment nor a flag is JSON, and what is
        empty is left out. The scopes are those of `POST /v1/acts`. Where Kafka is away, or the key ends, the lines
        that are left say so.
        """
        return self._stream(
            "POST",
            "/v1/acts/bulk",
            {"cell": cell, "act": act, "by": by},
            content=body,
            headers={"Content-Type": content_type, "Idempotency-Key": idempotency_key},
        )

    def write_act(self, body: shapes.ActAsked, *, idempotency_key: str | None = None) -> shapes.ActAnswer:
        """Write an act, and wait up to 4 s for its outcome; else 202 with the act's URL.

        Needs the scope `write`; `enrol` for sources; `admin` for operators and cells, and then names the key's own
        operator, unless the key has the scope `operators` too. A cell that is another operator's stays so:
        `refused`.

        An act whose `key` was applied before is `repeated` and changes nothing; one that says something else under
        the same key is `refused`. The header `Idempotency-Key`, where it is sent, must be that key. 503 where Kafka
        is away; its `detail` says whether the act may have been written all the same: then send it again with the
        same `key`.
        """
        return cast(
            "shapes.ActAnswer",
            self._call("POST", "/v1/acts", {}, json=body, headers={"Idempotency-Key": idempotency_key}),
        )

    def list_acts(
        self,
        *,
        act: str | None = None,
        outcome: str | None = None,
        by: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageActListed:
        """List acts by number, with what became of them: of a kind, of an outcome, of a person, or all."""
        return cast(
            "shapes.PageActListed",
            self._call(
                "GET",
                "/v1/acts",
                {
                    "act": act,
                    "outcome": outcome,
                    "by": by,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_acts_as_rows(
        self,
        *,
        rows: Rows,
        act: str | None = None,
        outcome: str | None = None,
        by: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_acts` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/acts",
            {
                "act": act,
                "outcome": outcome,
                "by": by,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def read_act(self, offset: int, *, cell: str) -> shapes.ActAnswer:
        """Read an act and its outcome (null until the horizon has reached it).

        Acts of `common` need the scope `admin`, and are there for the operator that they are about.
        """
        return cast("shapes.ActAnswer", self._call("GET", f"/v1/acts/{quote(str(offset), safe='')}", {"cell": cell}))

    def change(self, body: shapes.Change, *, idempotency_key: str | None = None) -> shapes.ActAnswer | None:
        """Tell of a change as it goes through a change-management tool: approved, it is planned work; cancelled, none.

        Let the tool send its own fields by a template, with the header `Authorization: Bearer hf_…` of a key with
        the scope `write`: for ServiceNow an outbound REST message on `change_request` (`number`, `start_date`,
        `end_date`, `state`, the configuration items' serial numbers), for Jira an automation rule "send web
        request" on the transition, each with this body. It explains what it says, in its window, of these things; a
        change that is told up to seven days after it happened explains it late, and is marked so.
        """
        return cast(
            "shapes.ActAnswer | None",
            self._call("POST", "/v1/hooks/change", {}, json=body, headers={"Idempotency-Key": idempotency_key}),
        )

    def read_differences(
        self,
        *,
        place: str | None = None,
        asset: str | None = None,
        since: str | None = None,
        known_since: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.DifferencesAnswer:
        """Compare what stood in a place, or in an asset, at two moments, however deep: what came, went and moved.

        Between two days: `since` and `as_of`. What was corrected since: the same `as_of`, and `known_since` before
        `known_at`. Both at once are what was believed then of then, and what is known now of now.
        """
        return cast(
            "shapes.DifferencesAnswer",
            self._call(
                "GET",
                "/v1/differences",
                {
                    "place": place,
                    "asset": asset,
                    "since": since,
                    "known_since": known_since,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_grants(
        self,
        *,
        party: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageGrantShown:
        """List grants by key, revoked ones too, as known at `known_at`; a party sees its own.

        An act `grant.put` makes one, and `grant.revoke` takes it back: within seconds the party sees nothing by it.
        """
        return cast(
            "shapes.PageGrantShown",
            self._call(
                "GET",
                "/v1/grants",
                {"party": party, "limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_grants_as_rows(
        self,
        *,
        rows: Rows,
        party: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_grants` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/grants",
            {"party": party, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_accesses(
        self,
        *,
        party: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageAccessShown:
        """List what parties were shown, oldest first: noted before it was shown. A party sees its own."""
        return cast(
            "shapes.PageAccessShown",
            self._call(
                "GET",
                "/v1/accesses",
                {"party": party, "limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_accesses_as_rows(
        self,
        *,
        rows: Rows,
        party: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_accesses` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/accesses",
            {"party": party, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_identifiers(
        self,
        *,
        scheme: shapes.Scheme | None = None,
        value: str | None = None,
        kind: shapes.Kind | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageClaimedShown:
        """List the identifiers that sources claim, by scheme, scope and value; of a `value` however it is written."""
        return cast(
            "shapes.PageClaimedShown",
            self._call(
                "GET",
                "/v1/identifiers",
                {
                    "scheme": scheme,
                    "value": value,
                    "kind": kind,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_identifiers_as_rows(
        self,
        *,
        rows: Rows,
        scheme: shapes.Scheme | None = None,
        value: str | None = None,
        kind: shapes.Kind | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_identifiers` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/identifiers",
            {
                "scheme": scheme,
                "value": value,
                "kind": kind,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def list_whereabouts(
        self,
        *,
        place: str | None = None,
        container: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageStoodShown:
        """List where everything stood at `as_of`, by asset; directly at a place, or directly in a container."""
        return cast(
            "shapes.PageStoodShown",
            self._call(
                "GET",
                "/v1/whereabouts",
                {
                    "place": place,
                    "container": container,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_whereabouts_as_rows(
        self,
        *,
        rows: Rows,
        place: str | None = None,
        container: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_whereabouts` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/whereabouts",
            {
                "place": place,
                "container": container,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def list_runs(
        self,
        *,
        source: str | None = None,
        scope: str | None = None,
        from_at: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageRunListed:
        """List runs by number: of a source, of a scope of it, that touched an interval."""
        return cast(
            "shapes.PageRunListed",
            self._call(
                "GET",
                "/v1/runs",
                {
                    "source": source,
                    "scope": scope,
                    "from": from_at,
                    "until": until,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_runs_as_rows(
        self,
        *,
        rows: Rows,
        source: str | None = None,
        scope: str | None = None,
        from_at: str | None = None,
        until: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_runs` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/runs",
            {
                "source": source,
                "scope": scope,
                "from": from_at,
                "until": until,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def list_gaps(
        self,
        *,
        source: str | None = None,
        open: bool | None = None,
        from_at: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageGapShown:
        """List silences above the tolerance, by source, with their causes: theirs, or ours where nothing came in at
        all."""
        return cast(
            "shapes.PageGapShown",
            self._call(
                "GET",
                "/v1/gaps",
                {
                    "source": source,
                    "open": open,
                    "from": from_at,
                    "until": until,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_gaps_as_rows(
        self,
        *,
        rows: Rows,
        source: str | None = None,
        open: bool | None = None,
        from_at: str | None = None,
        until: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_gaps` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/gaps",
            {
                "source": source,
                "open": open,
                "from": from_at,
                "until": until,
                "cursor": cursor,
                "cell": cell,
                "known_at": known_at,
                "as_of": as_of,
            },
            headers={"Accept": rows},
        )

    def list_disputes(
        self,
        *,
        asset: str | None = None,
        open: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageDisputeShown:
        """List disputes about where things are, by asset: two sources that cannot both be right."""
        return cast(
            "shapes.PageDisputeShown",
            self._call(
                "GET",
                "/v1/disputes",
                {
                    "asset": asset,
                    "open": open,
                    "limit": limit,
                    "cursor": cursor,
                    "cell": cell,
                    "known_at": known_at,
                    "as_of": as_of,
                },
            ),
        )

    def list_disputes_as_rows(
        self,
        *,
        rows: Rows,
        asset: str | None = None,
        open: bool | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_disputes` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/disputes",
            {"asset": asset, "open": open, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_events(
        self,
        *,
        kind: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageCellEventShown:
        """List the events of the cell by number, with the very bytes that their hashes are of; of one kind, or all."""
        return cast(
            "shapes.PageCellEventShown",
            self._call(
                "GET",
                "/v1/events",
                {"kind": kind, "limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_events_as_rows(
        self,
        *,
        rows: Rows,
        kind: str | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_events` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/events",
            {"kind": kind, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def follow_changes(
        self,
        *,
        cell: str,
        after: int | None = None,
        kind: str | None = None,
        asset: str | None = None,
        last_event_id: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Follow the events of a cell as server-sent events: `id` is an event's number, `event` its kind, `data` JSON.

        It begins after `after` or `Last-Event-ID`, else with the next one that comes; none is left out, and none
        comes twice, however often the connection is cut. An event `end` says why the stream ends: the key holds no
        more, or the server stops; comments keep it open meanwhile.
        """
        return self._stream(
            "GET",
            "/v1/changes",
            {"cell": cell, "after": after, "kind": kind, "asset": asset},
            headers={"Last-Event-Id": last_event_id},
        )

    def read_finding(
        self, finding: str, *, cell: str | None = None, known_at: str | None = None, as_of: str | None = None
    ) -> shapes.FindingAnswer:
        """Read a finding as it is now, with all that was said of it, and who opened it when.

        That you opened it is recorded, by an act, before it is shown; once, however often you look. Acts
        `finding.comment`, `finding.acknowledge`, `finding.close` and `finding.reopen` say something of it; others
        than the operator see it, by their grants, from `shown_from` on.
        """
        return cast(
            "shapes.FindingAnswer",
            self._call(
                "GET",
                f"/v1/findings/{quote(str(finding), safe='')}",
                {"cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_classes(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageClassShown:
        """List the classes of records that stand, by name. Acts `retention.put` and `retention.drop` change them."""
        return cast(
            "shapes.PageClassShown",
            self._call(
                "GET",
                "/v1/retention/classes",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_classes_as_rows(
        self,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_classes` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/retention/classes",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def list_holds(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.PageHoldShown:
        """List holds by key, released ones too. Acts `hold.put` and `hold.release` make and end them."""
        return cast(
            "shapes.PageHoldShown",
            self._call(
                "GET",
                "/v1/holds",
                {"limit": limit, "cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def list_holds_as_rows(
        self,
        *,
        rows: Rows,
        cursor: str | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> AbstractContextManager[Answer]:
        """Stream the whole listing that `list_holds` gives a page of, from the cursor on, as rows."""
        return self._stream(
            "GET",
            "/v1/holds",
            {"cursor": cursor, "cell": cell, "known_at": known_at, "as_of": as_of},
            headers={"Accept": rows},
        )

    def plan_retention(
        self,
        *,
        at: str | None = None,
        record: shapes.RecordKind | None = None,
        cell: str | None = None,
        known_at: str | None = None,
        as_of: str | None = None,
    ) -> shapes.RetentionPlan:
        """Say what would leave at a moment, and why the rest would not. Nothing leaves by asking. Needs the scope
        `audit`.

        It counts every record of the cell: in a large one ask kind by kind.
        """
        return cast(
            "shapes.RetentionPlan",
            self._call(
                "GET",
                "/v1/retention/plan",
                {"at": at, "record": record, "cell": cell, "known_at": known_at, "as_of": as_of},
            ),
        )

    def read_principal(self) -> shapes.PrincipalShown:
        """Say who you are here, what you may do, and until when: by your key, or by your token and the rules about it."""
        return cast("shapes.PrincipalShown", self._call("GET", "/v1/principal", {}))

    def list_keys(self, *, limit: int | None = None, cursor: str | None = None) -> shapes.KeysAnswer:
        """List your operator's keys by id, revoked ones too. Needs the scope `admin`. What they are is not kept."""
        return cast("shapes.KeysAnswer", self._call("GET", "/v1/keys", {"limit": limit, "cursor": cursor}))

    def make_key(self, body: shapes.KeyAsked, *, idempotency_key: str | None = None) -> shapes.KeyMade:
        """Make a key of your operator: it is shown this once. Needs the scope `admin`; gives no scope that you lack.

        Asked again with the same `Idempotency-Key` it is refused (409): what the key is cannot be shown again.
        """
        return cast(
            "shapes.KeyMade",
            self._call("POST", "/v1/keys", {}, json=body, headers={"Idempotency-Key": idempotency_key}),
        )

    def rotate_key(
        self, key_id: str, body: shapes.RotateAsked, *, idempotency_key: str | None = None
    ) -> shapes.KeyMade:
        """Make a key in place of another, which holds for `overlap_s` beside it. Needs the scope `admin`.

        The new one may do the same, and lasts as long as the old one was to. Asked again with the same
        `Idempotency-Key` it is refused (409): what the key is cannot be shown again.
        """
        return cast(
            "shapes.KeyMade",
            self._call(
                "POST",
                f"/v1/keys/{quote(str(key_id), safe='')}/rotate",
                {},
                json=body,
                headers={"Idempotency-Key": idempotency_key},
            ),
        )

    def revoke_key(self, key_id: str) -> shapes.KeyRevoked:
        """Revoke a key of your operator, or your own: it ends within two seconds. Needs the scope `admin` but for your
        own.

        Revoked again, it answers when it was first.
        """
        return cast("shapes.KeyRevoked", self._call("POST", f"/v1/keys/{quote(str(key_id), safe='')}/revoke", {}))

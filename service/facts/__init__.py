"""SEMANTICS in code: pure functions of records, the one implementation for deriver, API, verifier and fsck.

Standard library alone, apart from `schemas.words`, `schemas.canonical`, `schemas.inventory` and
`schemas.errors`, which are standard library alone too. No clock, no network, no database.
All times are integers: milliseconds since the epoch (UTC) on the axis of append time, unless said otherwise.
Intervals are half-open: [from, until).
"""

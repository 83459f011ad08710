"""The sentences that answers are put into (`wording`). They hold no facts of their own: data fills every gap. Pure."""

VERDICTS = {
    "confirmed": "Confirmed: nothing says otherwise, and the evidence is as strong and as close as was asked.",
    "consistent": "Consistent: nothing says otherwise, but the evidence is weaker, or more silent, than was asked.",
    "stale": "Stale: it held, and then nothing more was heard up to the end.",
    "disputed": "Disputed: weaker evidence says otherwise, or two claims to it cannot both be true.",
    "contradicted": "Contradicted: evidence at least as strong as what supports it says otherwise.",
    "unproven": "Unproven: there is no evidence for it or against it.",
}

CLAIMS = {
    "located_at/place": "Asked: was {subject} at {place}, from {since} until {until}?",
    "located_at/country": "Asked: was {subject} in {country}, from {since} until {until}?",
    "not_in/place": "Asked: was {subject} elsewhere than at {place}, from {since} until {until}?",
    "not_in/country": "Asked: was {subject} outside {country}, from {since} until {until}?",
    "stayed": "Asked: did {subject} stay where it was, from {since} until {until}?",
    "stayed/place": "Asked: did {subject} never leave {place}, from {since} until {until}?",
    "contains": "Asked: did {subject} hold what it should, from {since} until {until}?",
    "accounted_for": "Asked: is it known what became of {subject}, from {since} until {until}?",
    "accounted_for/place": "Asked: is it known what became of {subject}, of {place}, from {since} until {until}?",
    "not_on_record": "Asked: is there no record of {subject}, from {since} until {until}?",
}

SENTENCES = {
    "judged_until": "What came after {until} was not known yet.",
    "place": "It was judged against {place}; the place is known as {grade}.",
    "place/none": "It was judged against {place}; nothing says that it was there.",
    "identity": "That it is this thing is known as {grade}.",
    "coverage": "Reports cover {share} of the time; the longest silence: {silence}.",
    "silence": "{source} was silent for {length}, from {since} until {until} ({cause}).",
    "silence/above_limit": "{source} was silent for {length}, from {since} until {until} ({cause}): too long.",
    "against": "Against it: {source} (held by {domain}) says {where}, from {since} until {until}, as {grade}.",
    "dispute": "In dispute: {about} of {asset}, since {since} ({why}).",
    "difference": "{thing}: {what}, from {since} until {until}.",
    "difference/explained": "{thing}: {what}, from {since} until {until}, as {ticket} announced.",
    "difference/late": "{thing}: {what}, from {since} until {until}, as {ticket} says, told {late} after it.",
    "difference/count": "{kind}: {what}, {found} where {expected} were expected, from {since} until {until}.",
    "account": "From {since} until {until}: {account}.",
    "account/seen": "From {since} until {until}: {account}, at {place}.",
    "account/why": "From {since} until {until}: {account} ({why}).",
    "account/ticket": "From {since} until {until}: {account}, as {ticket} announced.",
    "account/spare": "From {since} until {until}: {account}; the spare {spare} took its slot.",
    "account/said": "From {since} until {until}: {account}, as {by} said ({status}{more}).",
    "account/overdue": "From {since} until {until}: {account}; {by} said {status}{more}, and that time is over.",
    "more": "And {count} more {what}.",
    "members": "{count} things were judged.",
    "count": "{kind}: {counts}.",
    "accounts": "{kind}, in the end: {counts}.",
    "released": "Released to {party}{document}: {count}, of which accepted: {accepted}.",
    "unaccounted": "Unaccounted for: {kind} {asset}, since {since} ({why}).",
    "silences": "Silences of sources, in all: {count}.",
}

CODES = {
    "a_device_does_not_sense_where_it_is": "A device does not sense where it is: only what is around it can.",
    "a_facility_source_at_a_surveyed_position": "A facility source at a surveyed position would raise it.",
    "a_part_that_nobody_reports": "A part that nobody reports cannot be seen.",
    "a_part_without_identifier_changed_for_another": (
        "Parts without an identifier may have been changed for others alike: {count}."
    ),
    "a_place_as_exact_as_a_rack_position": "A place as exact as a rack position would raise it; known is {place}.",
    "a_place_that_is_known_at_the_beginning": "A place that is known at the beginning would raise it.",
    "a_source_of_another_control_domain": "A source that somebody else holds would raise it; so far: {have}.",
    "a_source_that_reports_it": "A source that reports it would raise it.",
    "a_status_of_it_or_a_source_that_sees_it": (
        "Somebody's word on what became of it, or a source that sees it, would raise it ({why})."
    ),
    "an_acceptance_of_the_release": "The word of {party} that it accepted what {key} released would raise it.",
    "an_explanation_of_what_says_otherwise": "An explanation of what says otherwise would raise it.",
    "an_identifier": "An identifier would raise it for things that have none: {count}.",
    "an_identifier_that_names_one_thing": "An identifier that names one thing, and no other, would raise it.",
    "an_identity_that_rests_on_no_merge": "An identity that does not rest on a person's word would raise it: {count}.",
    "an_inspection_on_site": "An inspection on site would raise it.",
    "an_unpowered_box_in_a_warehouse": "Software does not see an unpowered box in a warehouse.",
    "ask_from": "Asked from {at} on, it may be better known.",
    "ask_from_when_places_were_restated": (
        "Places were stated anew meanwhile ({places}; in all {count}): asked from then on, it may be better known."
    ),
    "ask_of_a_time_that_is_known": "Nothing is known of that time yet: ask about one that is over.",
    "containment_by_one_domain": "That each {kind} is in what holds it is said by one side alone: {domains}.",
    "control_domain": "{domain} holds the keys of: {sources} (in all {count}).",
    "control_domain_of_sources": "To know who holds the keys of these would raise it: {sources} (in all {count}).",
    "identity_at_least": "An identity known as {asked} would raise it; found is {found}.",
    "independent_witnesses": "Independent witnesses of this log: {count}.",
    "no_silence_above": "No silence of a {kind} above {limit} would raise it.",
    "planned_work_that_explains_the_differences": "Planned work that explains the differences would raise it: {count}.",
    "raw_messages_not_kept": "The raw messages were not kept.",
    "report_interval_at_most": (
        "Reports about each {kind} at least every {interval} would raise it: {sources} (in all {count})."
    ),
    "reports_are_not_signed": "The reports are not signed.",
    "sources_of_unknown_domain": "Nobody knows who holds the keys of: {sources} (in all {count}).",
    "surveys_of_positions": "That surveyed positions are still what they were surveyed as is to be trusted.",
    "the_disputes_settled": "The disputes settled would raise it: {count}.",
    "usable_time_in_reports": "Usable times in the reports of these would raise it: {sources} (in all {count}).",
    "what_happened_within_the_silences_allowed": "What happened within the silences allowed was not seen.",
    "what_other_books_hold": "What other books hold is not seen here.",
    "what_people_said": "That these say the truth is to be trusted: {by} (in all {count}).",
    "who_ran_the_consumer": "Whoever ran the consumer and its database is to be trusted.",
}

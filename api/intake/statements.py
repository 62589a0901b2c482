"""The SQL of the intake: few statements, each over a whole batch, because an agent's screen waits for them."""

from typing import Final

from sqlalchemy import TextClause, text

# Takes the row locks in the order of the call ids, so that two batches never wait for each other in a ring.
LOCK_CALLS: Final = text(
    """
    INSERT INTO calls (call_id)
    SELECT call_id FROM unnest(CAST(:call_ids AS text[])) AS given (call_id) ORDER BY call_id
    ON CONFLICT (call_id) DO UPDATE SET call_id = excluded.call_id
    """
)

# Stores what is new and returns all events of the calls; `fresh` tells the new ones. A statement does not see
# the rows it inserts, hence the union.
STORE_EVENTS: Final = text(
    """
    WITH stored AS (
        INSERT INTO call_events (call_id, seq, type, at, data)
        SELECT call_id, seq, type, at, data
        FROM jsonb_to_recordset(CAST(:events AS jsonb))
             AS given (call_id text, seq bigint, type text, at timestamptz, data jsonb)
        ON CONFLICT (call_id, seq) DO NOTHING
        RETURNING call_id, seq, type, at, data
    )
    SELECT call_id, seq, type, at, CAST(data AS text) AS data, true AS fresh FROM stored
    UNION ALL
    SELECT call_id, seq, type, at, CAST(data AS text), false FROM call_events
    WHERE call_id = ANY (CAST(:call_ids AS text[]))
    """
)

STORE_CALLS: Final = text(
    """
    WITH kept AS (
        INSERT INTO offers (call_id, offer_no, agent_id, offered_at, finished_at, result, waited_ms)
        SELECT call_id, offer_no, agent_id, offered_at, finished_at, result, waited_ms
        FROM jsonb_to_recordset(CAST(:offers AS jsonb))
             AS given (call_id text, offer_no int, agent_id text, offered_at timestamptz, finished_at timestamptz,
                       result text, waited_ms bigint)
        ON CONFLICT (call_id, offer_no) DO UPDATE SET
            agent_id = excluded.agent_id, offered_at = excluded.offered_at, finished_at = excluded.finished_at,
            result = excluded.result, waited_ms = excluded.waited_ms
    )
    UPDATE calls SET
        source = given.source, caller_raw = given.caller_raw, caller = given.caller, dialled = given.dialled,
        line = (SELECT numbers.line FROM numbers WHERE numbers.number = given.dialled),
        county = coalesce(
            (
                SELECT queues.rules->>'county'
                FROM jsonb_array_elements_text(given.queues) WITH ORDINALITY AS entered (id, place)
                     JOIN queues ON queues.id = entered.id
                WHERE queues.rules->>'county' <> ''
                ORDER BY entered.place
                LIMIT 1
            ),
            (SELECT numbers.area FROM numbers WHERE numbers.number = given.dialled),
            ''
        ),
        menu = given.menu, menu_version = given.menu_version, menu_path = given.menu_path,
        queue = given.queue, priority = given.priority, started_at = given.started_at, queued_at = given.queued_at,
        first_offered_at = given.first_offered_at, answered_at = given.answered_at, ended_at = given.ended_at,
        answered_by = given.answered_by, disposition = given.disposition, ended_by = given.ended_by,
        waited_ms = given.waited_ms, recording = given.recording, menu_end = given.menu_end,
        menu_node = given.menu_node, menu_ms = given.menu_ms, skill = given.skill,
        transferred_to = given.transferred_to, direction = given.direction, about_case = given.about_case,
        about_call = given.about_call, return_call_id = given.return_call_id
    FROM jsonb_to_recordset(CAST(:calls AS jsonb))
         AS given (call_id text, source text, caller_raw text, caller text, dialled text, menu text,
                   menu_version int, menu_path jsonb, queue text, queues jsonb, priority bigint, started_at timestamptz,
                   queued_at timestamptz, first_offered_at timestamptz, answered_at timestamptz,
                   ended_at timestamptz, answered_by text, disposition text, ended_by text, waited_ms bigint,
                   recording text, menu_end text, menu_node text, menu_ms bigint, skill text, transferred_to text,
                   direction text, about_case text, about_call text, return_call_id bigint)
    WHERE calls.call_id = given.call_id
    """
)

STORE_VISITS: Final = text(
    """
    INSERT INTO menu_visits (call_id, visit_no, menu, version, node, choice, entered_ms, spent_ms, last)
    SELECT call_id, visit_no, menu, version, node, choice, entered_ms, spent_ms, last
    FROM jsonb_to_recordset(CAST(:visits AS jsonb))
         AS given (call_id text, visit_no int, menu text, version int, node text, choice text, entered_ms int,
                   spent_ms int, last boolean)
    ON CONFLICT (call_id, visit_no) DO UPDATE SET
        menu = excluded.menu, version = excluded.version, node = excluded.node, choice = excluded.choice,
        entered_ms = excluded.entered_ms, spent_ms = excluded.spent_ms, last = excluded.last
    """
)

STORE_RATINGS: Final = text(
    """
    INSERT INTO ratings (call_id, score, reason, agent_id, at)
    SELECT call_id, score, reason, agent_id, at
    FROM jsonb_to_recordset(CAST(:ratings AS jsonb))
         AS given (call_id text, score int, reason text, agent_id text, at timestamptz)
    ON CONFLICT (call_id) DO UPDATE SET
        score = excluded.score, reason = excluded.reason, agent_id = excluded.agent_id, at = excluded.at
    """
)

# Whoever pressed the key when the incident was over, or names one that never was, has a return call and no row here.
STORE_AFFECTED: Final = text(
    """
    INSERT INTO incident_callers (incident_id, call_id, caller, at)
    SELECT incidents.id, given.call_id, given.caller, given.at
    FROM jsonb_to_recordset(CAST(:affected AS jsonb))
         AS given (incident_id bigint, call_id text, caller text, at timestamptz)
    JOIN incidents ON incidents.id = given.incident_id
    WHERE given.at >= incidents.starts_at AND given.at < least(incidents.ends_at, incidents.switched_off_at)
    ON CONFLICT (incident_id, call_id) DO UPDATE SET caller = excluded.caller
    """
)

# The recording's name is the key, as the file's name is for the spool; the caller may become known later.
STORE_MESSAGES: Final = text(
    """
    INSERT INTO messages (file_name, call_id, caller_raw, dialled, callback, recording, left_at, imported_at)
    SELECT DISTINCT ON (recording) recording, call_id, caller_raw, dialled, callback, recording, left_at, :now
    FROM jsonb_to_recordset(CAST(:messages AS jsonb))
         AS given (call_id text, caller_raw text, dialled text, callback text, recording text, left_at timestamptz)
    ORDER BY recording, call_id
    ON CONFLICT (file_name) DO UPDATE SET
        caller_raw = excluded.caller_raw, dialled = excluded.dialled, callback = excluded.callback
    WHERE messages.call_id = excluded.call_id
    """
)

# Of calls that the hotline has made: the case they are about, by its number or by the call it was opened for.
FIND_ABOUT: Final = text(
    """
    SELECT given.call_id, cases.number, cases.state, cases.query_code
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS given (call_id text, case_no text, about_call text)
    JOIN cases ON cases.number = coalesce(given.case_no, (
        SELECT named.number FROM cases AS named WHERE named.call_id = given.about_call
        UNION ALL
        SELECT calls.about_case FROM calls WHERE calls.call_id = given.about_call AND calls.about_case IS NOT NULL
        LIMIT 1))
    """
)

FIND_CASES: Final = text(
    "SELECT call_id, number, state, query_code FROM cases WHERE call_id = ANY (CAST(:call_ids AS text[]))"
)

# The row lock on the counter lasts until the commit: serials have no gaps and no doubles.
TAKE_SERIALS: Final = text(
    """
    INSERT INTO case_serials (region, day, last) VALUES (:region, :day, :count)
    ON CONFLICT (region, day) DO UPDATE SET last = case_serials.last + excluded.last
    RETURNING last
    """
)

OPEN_CASES: Final = text(
    """
    WITH opened AS (
        INSERT INTO cases (number, call_id, state, query_code, opened_at)
        SELECT number, call_id, state, query_code, opened_at
        FROM jsonb_to_recordset(CAST(:cases AS jsonb))
             AS given (number text, call_id text, state text, query_code text, opened_at timestamptz)
        RETURNING id, state, opened_at
    )
    INSERT INTO case_transitions (case_id, from_state, to_state, trigger, by, at)
    SELECT id, NULL, state, 'opened', NULL, opened_at FROM opened
    """
)

STORE_REJECTED: Final = text(
    """
    INSERT INTO rejected_events (fingerprint, call_id, seq, reason, raw)
    SELECT fingerprint, call_id, seq, reason, raw
    FROM jsonb_to_recordset(CAST(:rejected AS jsonb))
         AS given (fingerprint text, call_id text, seq text, reason text, raw text)
    ON CONFLICT (fingerprint) DO NOTHING
    """
)

LOCK_AGENTS: Final = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(agent, 12346))
    FROM (SELECT agent FROM unnest(CAST(:agents AS text[])) AS given (agent) ORDER BY agent) AS sorted
    """
)

STORE_STATES: Final = text(
    """
    INSERT INTO agent_states (agent_id, since, seq, state, reason, call_id)
    SELECT agent_id, since, seq, state, reason, call
    FROM jsonb_to_recordset(CAST(:states AS jsonb))
         AS given (agent_id text, since timestamptz, seq bigint, state text, reason text, call text)
    ON CONFLICT (agent_id, since, seq) DO NOTHING
    """
)

# From the state before the first new one on, each lasts until the next begins.
END_STATES: Final = text(
    """
    UPDATE agent_states SET until = told.until
    FROM (SELECT states.agent_id, states.since, states.seq,
                 lead(states.since) OVER (PARTITION BY states.agent_id ORDER BY states.since, states.seq) AS until
          FROM unnest(CAST(:agents AS text[])) AS given (agent)
          JOIN agent_states AS states ON states.agent_id = given.agent
          WHERE states.since >= coalesce(
              (SELECT max(before.since) FROM agent_states AS before
               WHERE before.agent_id = given.agent AND before.since < :since), :since)) AS told
    WHERE agent_states.agent_id = told.agent_id AND agent_states.since = told.since
      AND agent_states.seq = told.seq AND agent_states.until IS DISTINCT FROM told.until
    """
)

LOCK_CALLERS: Final = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(caller, 12345))
    FROM (SELECT caller FROM unnest(CAST(:callers AS text[])) AS given (caller) ORDER BY caller) AS sorted
    """
)

# A call that never came to a queue is owed by the queue of the line it dialled; who has talked and asked for a call
# afterwards, in the last talk that there was, is owed one by the queue asked. The incident is the one that the caller
# was registered for last, unless somebody has spoken with them since.
CALLER_FACTS: Final = text(
    """
    SELECT given.caller, abandoned.left_at, abandoned.left_call, abandoned.left_queue,
           answered.answered_at, answered.answered_call, done.done_at, owed.owed_since, owed.owed_incident,
           (SELECT incident_callers.incident_id FROM incident_callers JOIN calls USING (call_id)
            WHERE calls.caller = given.caller
              AND incident_callers.at > coalesce(greatest(answered.answered_at, done.done_at), '-infinity')
            ORDER BY incident_callers.at DESC, incident_callers.incident_id DESC LIMIT 1) AS incident_id
    FROM unnest(CAST(:callers AS text[])) AS given (caller)
    LEFT JOIN LATERAL (
        SELECT left_at, left_call, coalesce(queue, (SELECT queue_id FROM numbers WHERE number = dialled)) AS left_queue
        FROM (
            SELECT coalesce(ended_at, queued_at, started_at, seen_at) AS left_at, call_id AS left_call,
                   queue, dialled
            FROM calls
            WHERE calls.caller = given.caller AND answered_at IS NULL
              AND (disposition IN ('abandoned', 'registered')
                   OR (disposition = 'message'
                       AND NOT EXISTS (SELECT FROM messages WHERE messages.call_id = calls.call_id)))
            UNION ALL
            SELECT messages.left_at, messages.call_id, calls.queue, calls.dialled
            FROM messages JOIN calls USING (call_id)
            WHERE messages.callback = given.caller
            UNION ALL
            SELECT asked.at, talked.call_id, asked.data ->> 'queue', talked.dialled
            FROM (SELECT call_id, dialled, answered_at FROM calls
                  WHERE calls.caller = given.caller AND answered_at IS NOT NULL AND ended_at IS NOT NULL
                  ORDER BY answered_at DESC LIMIT 1) AS talked
            JOIN call_events AS asked ON asked.call_id = talked.call_id
                AND asked.type = 'call.return_requested' AND asked.at > talked.answered_at
        ) AS candidates ORDER BY left_at DESC, left_call DESC LIMIT 1
    ) AS abandoned ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(answered_at, ended_at, seen_at) AS answered_at, call_id AS answered_call
        FROM calls
        WHERE calls.caller = given.caller AND (answered_at IS NOT NULL OR disposition = 'answered')
        ORDER BY 1 DESC LIMIT 1
    ) AS answered ON true
    LEFT JOIN LATERAL (
        SELECT max(settled_at) AS done_at FROM return_calls
        WHERE return_calls.caller = given.caller AND state = 'done'
    ) AS done ON true
    LEFT JOIN LATERAL (
        SELECT owed_since, incident_id AS owed_incident FROM return_calls
        WHERE return_calls.caller = given.caller AND state = 'owed'
    ) AS owed ON true
    """
)

OWE: Final = text(
    """
    INSERT INTO return_calls (caller, call_id, queue, owed_since, incident_id)
    VALUES (:caller, :call_id, :queue, :since, :incident_id)
    ON CONFLICT (caller) WHERE state = 'owed' DO UPDATE SET
        call_id = excluded.call_id, queue = excluded.queue, owed_since = excluded.owed_since,
        incident_id = excluded.incident_id
    """
)

# The debt is paid when the hotline has called; it falls away when the citizen has.
CANCEL: Final = text(
    """
    UPDATE return_calls SET settled_at = :at, settled_by_call = :call_id,
        state = CASE WHEN (SELECT direction FROM calls WHERE calls.call_id = :call_id) = 'outbound'
                     THEN 'done' ELSE 'cancelled' END
    WHERE caller = :caller AND state = 'owed'
    """
)

# One call more than a pop shows, because the call itself is among them.
CALLER_HISTORY: Final[TextClause] = text(
    """
    SELECT given.caller, given.agent_id,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'call_id', call_id, 'started_at', started_at, 'line', line, 'dialled', dialled,
                    'disposition', disposition, 'answered_by', answered_by, 'agent_name', name,
                    'case_no', number, 'case_state', state)), '[]'::jsonb)::text
         FROM (SELECT calls.call_id, calls.started_at, calls.line, calls.dialled, calls.disposition,
                      calls.answered_by, agents.name, cases.number, cases.state
               FROM calls
               LEFT JOIN cases ON cases.call_id = calls.call_id
               LEFT JOIN agents ON agents.id = calls.answered_by
               WHERE calls.caller = given.caller AND calls.county = coalesce(viewer.county, calls.county)
               ORDER BY calls.started_at DESC NULLS LAST LIMIT 6) AS recent) AS earlier_calls,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'call_id', call_id, 'case_no', number, 'state', state, 'opened_at', opened_at,
                    'note', left(note, 200))), '[]'::jsonb)::text
         FROM (SELECT cases.call_id, cases.number, cases.state, cases.opened_at, cases.note
               FROM cases JOIN calls USING (call_id)
               WHERE calls.caller = given.caller AND cases.state = ANY (CAST(:open_states AS text[]))
                     AND calls.county = coalesce(viewer.county, calls.county)
               ORDER BY cases.opened_at DESC LIMIT 6) AS pending) AS open_cases
    FROM unnest(CAST(:callers AS text[]), CAST(:agents AS text[])) AS given (caller, agent_id)
         LEFT JOIN agents AS viewer ON viewer.id = given.agent_id
    """
)

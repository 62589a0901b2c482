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
        menu = given.menu, menu_version = given.menu_version, menu_path = given.menu_path,
        queue = given.queue, priority = given.priority, started_at = given.started_at, queued_at = given.queued_at,
        first_offered_at = given.first_offered_at, answered_at = given.answered_at, ended_at = given.ended_at,
        answered_by = given.answered_by, disposition = given.disposition, ended_by = given.ended_by,
        waited_ms = given.waited_ms, recording = given.recording
    FROM jsonb_to_recordset(CAST(:calls AS jsonb))
         AS given (call_id text, source text, caller_raw text, caller text, dialled text, menu text,
                   menu_version int, menu_path jsonb, queue text, priority bigint, started_at timestamptz,
                   queued_at timestamptz, first_offered_at timestamptz, answered_at timestamptz,
                   ended_at timestamptz, answered_by text, disposition text, ended_by text, waited_ms bigint,
                   recording text)
    WHERE calls.call_id = given.call_id
    """
)

FIND_CASES: Final = text("SELECT call_id, number, state FROM cases WHERE call_id = ANY (CAST(:call_ids AS text[]))")

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
        INSERT INTO cases (number, call_id, state, opened_at)
        SELECT number, call_id, state, opened_at
        FROM jsonb_to_recordset(CAST(:cases AS jsonb))
             AS given (number text, call_id text, state text, opened_at timestamptz)
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

LOCK_CALLERS: Final = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(caller, 12345))
    FROM (SELECT caller FROM unnest(CAST(:callers AS text[])) AS given (caller) ORDER BY caller) AS sorted
    """
)

CALLER_FACTS: Final = text(
    """
    SELECT given.caller, abandoned.left_at, abandoned.left_call, abandoned.left_queue,
           answered.answered_at, answered.answered_call,
           (SELECT max(settled_at) FROM return_calls
            WHERE return_calls.caller = given.caller AND state = 'done') AS done_at,
           (SELECT owed_since FROM return_calls
            WHERE return_calls.caller = given.caller AND state = 'owed') AS owed_since
    FROM unnest(CAST(:callers AS text[])) AS given (caller)
    LEFT JOIN LATERAL (
        SELECT left_at, left_call, left_queue FROM (
            SELECT coalesce(ended_at, queued_at, started_at, seen_at) AS left_at, call_id AS left_call,
                   queue AS left_queue
            FROM calls
            WHERE calls.caller = given.caller AND answered_at IS NULL
              AND (disposition = 'abandoned'
                   OR (disposition = 'message'
                       AND NOT EXISTS (SELECT FROM messages WHERE messages.call_id = calls.call_id)))
            UNION ALL
            SELECT messages.left_at, messages.call_id, calls.queue
            FROM messages JOIN calls USING (call_id)
            WHERE messages.callback = given.caller
        ) AS candidates ORDER BY left_at DESC, left_call DESC LIMIT 1
    ) AS abandoned ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(answered_at, ended_at, seen_at) AS answered_at, call_id AS answered_call
        FROM calls
        WHERE calls.caller = given.caller AND (answered_at IS NOT NULL OR disposition = 'answered')
        ORDER BY 1 DESC LIMIT 1
    ) AS answered ON true
    """
)

OWE: Final = text(
    """
    INSERT INTO return_calls (caller, call_id, queue, owed_since) VALUES (:caller, :call_id, :queue, :since)
    ON CONFLICT (caller) WHERE state = 'owed' DO UPDATE SET
        call_id = excluded.call_id, queue = excluded.queue, owed_since = excluded.owed_since
    """
)

CANCEL: Final = text(
    """
    UPDATE return_calls SET state = 'cancelled', settled_at = :at, settled_by_call = :call_id
    WHERE caller = :caller AND state = 'owed'
    """
)

# One call more than a pop shows, because the call itself is among them.
CALLER_HISTORY: Final[TextClause] = text(
    """
    SELECT given.caller,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'call_id', call_id, 'started_at', started_at, 'line', line, 'dialled', dialled,
                    'disposition', disposition, 'answered_by', answered_by, 'agent_name', name,
                    'case_no', number, 'case_state', state)), '[]'::jsonb)::text
         FROM (SELECT calls.call_id, calls.started_at, calls.line, calls.dialled, calls.disposition,
                      calls.answered_by, agents.name, cases.number, cases.state
               FROM calls
               LEFT JOIN cases ON cases.call_id = calls.call_id
               LEFT JOIN agents ON agents.id = calls.answered_by
               WHERE calls.caller = given.caller
               ORDER BY calls.started_at DESC NULLS LAST LIMIT 6) AS recent) AS earlier_calls,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'call_id', call_id, 'case_no', number, 'state', state, 'opened_at', opened_at,
                    'note', left(note, 200))), '[]'::jsonb)::text
         FROM (SELECT cases.call_id, cases.number, cases.state, cases.opened_at, cases.note
               FROM cases JOIN calls USING (call_id)
               WHERE calls.caller = given.caller AND cases.state = ANY (CAST(:open_states AS text[]))
               ORDER BY cases.opened_at DESC LIMIT 6) AS pending) AS open_cases
    FROM unnest(CAST(:callers AS text[])) AS given (caller)
    """
)

-- What the library itself keeps in each database.
CREATE SCHEMA IF NOT EXISTS wbd;

-- One row for each timeline that a client has met as primary. The id is random, so that two nodes promoted at one position to one
-- timeline number have different histories.
CREATE TABLE wbd.history (
    timeline bigint PRIMARY KEY,
    id       bigint NOT NULL CHECK (id BETWEEN 1 AND 4294967295),
    named_at timestamptz NOT NULL DEFAULT now()
);

-- First statement of every write: refuses it unless this node is primary on the history that the client knows.
CREATE FUNCTION wbd.require_history(expected bigint) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    last wbd.history%ROWTYPE;
BEGIN
    SELECT * INTO last FROM wbd.history ORDER BY timeline DESC LIMIT 1;
    IF last.id IS DISTINCT FROM expected
       OR last.timeline IS DISTINCT FROM ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint THEN
        RAISE EXCEPTION 'this node is on another history' USING ERRCODE = 'WB002';
    END IF;
END
$$;

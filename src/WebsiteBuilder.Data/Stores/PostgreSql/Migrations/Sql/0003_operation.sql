-- How writes ended. A resolvable write leaves its row in its own transaction, so that whoever lost its answer can ask for it here; a row
-- with outcome 4 says that the write never was and never will be applied. Clients need SELECT and INSERT, and for sweeping DELETE.
CREATE TABLE wbd.operation (
    id         uuid PRIMARY KEY,
    request    uuid,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    outcome    smallint NOT NULL CHECK (outcome BETWEEN 1 AND 4)
);
COMMENT ON COLUMN wbd.operation.request IS 'A hash of what was asked for, under an idempotency key; null otherwise';
COMMENT ON COLUMN wbd.operation.outcome IS '1 applied, 2 not found, 3 another version, 4 abandoned';

-- Where sweeping stands: one row, whose lock makes sure that one client sweeps at a time. Clients need SELECT and UPDATE.
CREATE TABLE wbd.operation_sweep (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    next_page  bigint NOT NULL DEFAULT 0,
    began_at   timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO wbd.operation_sweep DEFAULT VALUES;

-- One step of sweeping: looks at so many pages of the table and deletes what is too old there. By pages, because an index on the time
-- would cost every write. Returns whether the round goes on; between rounds, and while another client sweeps, it doesn't.
CREATE FUNCTION wbd.sweep_operations(keep_attempts interval, keep_keys interval, between_rounds interval, pages bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    turn wbd.operation_sweep%ROWTYPE;
    behind bigint;
BEGIN
    SELECT * INTO turn FROM wbd.operation_sweep FOR UPDATE SKIP LOCKED;
    IF NOT FOUND OR (turn.next_page = 0 AND turn.began_at > now() - between_rounds) THEN
        RETURN false;
    END IF;
    behind := turn.next_page + pages;
    DELETE FROM wbd.operation
    WHERE ctid >= format('(%s,0)', turn.next_page)::tid AND ctid < format('(%s,0)', behind)::tid
      AND created_at < now() - CASE WHEN request IS NULL THEN keep_attempts ELSE keep_keys END;
    IF behind * current_setting('block_size')::bigint >= pg_relation_size('wbd.operation') THEN
        behind := 0;
    END IF;
    UPDATE wbd.operation_sweep SET next_page = behind, began_at = CASE turn.next_page WHEN 0 THEN now() ELSE turn.began_at END;
    RETURN behind > 0;
END
$$;

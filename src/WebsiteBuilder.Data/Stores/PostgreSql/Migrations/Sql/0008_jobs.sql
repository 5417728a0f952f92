-- Work to be done later, each piece by one worker at a time. due_at says from when on a worker may take a job: while it is being worked on that is the
-- end of the lease, and null once it is done or dead. So one range of one index holds all that can be taken.
CREATE TABLE jobs (
    id                uuid PRIMARY KEY,
    queue             text NOT NULL CONSTRAINT jobs_queue_check CHECK (length(queue) BETWEEN 1 AND 64),
    kind              text NOT NULL CONSTRAINT jobs_kind_check CHECK (length(kind) BETWEEN 1 AND 100),
    payload           jsonb,
    deduplication_key text CONSTRAINT jobs_deduplication_key_check CHECK (length(deduplication_key) BETWEEN 1 AND 200),
    priority          smallint NOT NULL,
    status            text NOT NULL CONSTRAINT jobs_status_check CHECK (status IN ('ready', 'running', 'done', 'dead')),
    due_at            timestamptz,
    attempts          integer NOT NULL CONSTRAINT jobs_attempts_check CHECK (attempts >= 0),
    max_attempts      integer NOT NULL CONSTRAINT jobs_max_attempts_check CHECK (max_attempts BETWEEN 1 AND 1000),
    last_error        text CONSTRAINT jobs_last_error_check CHECK (length(last_error) <= 2000),
    created_at        timestamptz NOT NULL,
    finished_at       timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT jobs_due_at_check CHECK ((due_at IS NULL) = (status IN ('done', 'dead'))),
    CONSTRAINT jobs_finished_at_check CHECK ((finished_at IS NULL) = (status IN ('ready', 'running')))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX jobs_due_idx ON jobs (queue, priority DESC, due_at, id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_deduplication_key ON jobs (queue, deduplication_key) WHERE due_at IS NOT NULL AND deduplication_key IS NOT NULL;
CREATE INDEX jobs_finished_idx ON jobs (queue, status, finished_at, id) WHERE finished_at IS NOT NULL;

-- The directory: which name belongs to whom, in the one shard that is called the directory; the table stays empty in all others. Names are kept as
-- HMAC-SHA-256 under a secret that the database doesn't know, never in clear. Clients need SELECT, INSERT, UPDATE and DELETE on all of this.
CREATE TABLE wbd.directory_entry (
    kind           smallint NOT NULL,
    key_id         smallint NOT NULL CHECK (key_id BETWEEN 1 AND 255),
    hash           text COLLATE "C" NOT NULL CHECK (length(hash) = 43),
    claim          uuid NOT NULL,
    territory      text NOT NULL,
    owner_id       uuid NOT NULL,
    state          smallint NOT NULL CHECK (state IN (1, 2)),
    reserved_until timestamptz,
    version        bigint NOT NULL,
    PRIMARY KEY (kind, key_id, hash)
);
CREATE INDEX directory_entry_claim ON wbd.directory_entry (claim);
COMMENT ON COLUMN wbd.directory_entry.hash IS 'base64url, of 256 bits; a name has a row under each configured key';
COMMENT ON COLUMN wbd.directory_entry.state IS '1 reserved, 2 confirmed';

-- What became of each claim on a name, in the database of the owner's territory, written with what the owner stores. The primary key decides between an
-- owner that is slow and another one that takes over: whoever inserts the claim's row first.
CREATE TABLE wbd.directory_claim (
    claim      uuid PRIMARY KEY,
    owner_id   uuid NOT NULL,
    kind       smallint NOT NULL,
    state      smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    changed_at timestamptz NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX directory_claim_owner ON wbd.directory_claim (owner_id);
COMMENT ON COLUMN wbd.directory_claim.state IS '1 held, 2 abandoned: never held again, 3 moved along with its owner';

-- Where users went who left this database.
CREATE TABLE wbd.forwarding (
    id          uuid PRIMARY KEY,
    destination text NOT NULL,
    move        uuid NOT NULL,
    state       smallint NOT NULL CHECK (state IN (1, 2)),
    version     bigint NOT NULL
);
CREATE INDEX forwarding_moving ON wbd.forwarding (id) WHERE state = 1;
COMMENT ON COLUMN wbd.forwarding.state IS '1 moving: still here, 2 moved';

-- Users on their way into this database. The copy counts only once the forwarding row of where they come from says that they left.
CREATE TABLE wbd.arrival (
    move           uuid PRIMARY KEY,
    id             uuid NOT NULL,
    origin         text NOT NULL,
    destination    text NOT NULL,
    source_version bigint NOT NULL,
    state          smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    copy           jsonb,
    changed_at     timestamptz NOT NULL,
    version        bigint NOT NULL,
    CHECK ((state = 1) = (copy IS NOT NULL))
);
CREATE INDEX arrival_pending ON wbd.arrival (id) WHERE state = 1;
COMMENT ON COLUMN wbd.arrival.state IS '1 on the way, 2 arrived, 3 called off';

-- What belongs to an account, in the database of the account's territory. An account takes its sessions and security events along; one that
-- has a subscription can't be deleted, because the subscription has been paid for.
CREATE TABLE user_sessions (
    id                 uuid PRIMARY KEY,
    user_id            uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_fingerprint text CONSTRAINT user_sessions_device_fingerprint_check CHECK (length(device_fingerprint) <= 255),
    ip_address         inet CONSTRAINT user_sessions_ip_address_check CHECK (masklen(ip_address) = CASE family(ip_address) WHEN 4 THEN 32 ELSE 128 END),
    user_agent         text CONSTRAINT user_sessions_user_agent_check CHECK (length(user_agent) <= 1024),
    created_at         timestamptz NOT NULL,
    last_activity      timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    version            bigint NOT NULL DEFAULT 1,
    CONSTRAINT user_sessions_expires_at_check CHECK (expires_at > created_at)
);
CREATE INDEX user_sessions_user_id_idx ON user_sessions (user_id, created_at, id);
CREATE INDEX user_sessions_expires_at_idx ON user_sessions (expires_at);

CREATE TABLE user_security_events (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event_type text NOT NULL CONSTRAINT user_security_events_event_type_check CHECK (length(event_type) BETWEEN 1 AND 50),
    risk_score integer NOT NULL CONSTRAINT user_security_events_risk_score_check CHECK (risk_score BETWEEN 0 AND 100),
    metadata   jsonb,
    created_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE INDEX user_security_events_user_id_idx ON user_security_events (user_id, created_at, id);
CREATE INDEX user_security_events_event_type_idx ON user_security_events (event_type, created_at, id);

CREATE TABLE subscriptions (
    id                   uuid PRIMARY KEY,
    user_id              uuid NOT NULL REFERENCES users (id),
    tier                 text NOT NULL CONSTRAINT subscriptions_tier_check CHECK (length(tier) BETWEEN 1 AND 20),
    status               text NOT NULL CONSTRAINT subscriptions_status_check CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled')),
    price_minor          bigint NOT NULL CONSTRAINT subscriptions_price_minor_check CHECK (price_minor >= 0),
    currency             text NOT NULL CONSTRAINT subscriptions_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    period_start         timestamptz NOT NULL,
    period_end           timestamptz NOT NULL,
    cancel_at_period_end boolean NOT NULL,
    provider_reference   text CONSTRAINT subscriptions_provider_reference_check CHECK (length(provider_reference) BETWEEN 1 AND 200),
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    version              bigint NOT NULL DEFAULT 1,
    CONSTRAINT subscriptions_period_check CHECK (period_end > period_start)
);
CREATE UNIQUE INDEX subscriptions_one_per_user ON subscriptions (user_id) WHERE status <> 'cancelled';
CREATE UNIQUE INDEX subscriptions_provider_reference_key ON subscriptions (provider_reference);
CREATE INDEX subscriptions_user_id_idx ON subscriptions (user_id, created_at, id);
CREATE INDEX subscriptions_status_idx ON subscriptions (status, period_end, id);

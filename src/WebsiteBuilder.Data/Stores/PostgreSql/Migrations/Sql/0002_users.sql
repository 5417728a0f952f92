-- Users, each in the database of their home territory. Uniqueness of e-mail and username holds within the territory.
CREATE TABLE users (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email             varchar(255) UNIQUE NOT NULL,
    username          varchar(50) UNIQUE,
    profile           jsonb,
    auth_providers    jsonb,
    subscription_tier varchar(20) NOT NULL DEFAULT 'free',
    security_settings jsonb,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    last_active       timestamptz,
    status            varchar(20) NOT NULL DEFAULT 'active',
    version           bigint NOT NULL DEFAULT 1
);

-- Teams, projects and what is deployed of them, in the database of their own territory. Members may be at home elsewhere, where no foreign
-- key reaches: they are named by territory and id.
CREATE TABLE teams (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CONSTRAINT teams_name_check CHECK (length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);

CREATE TABLE team_members (
    team_id        uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_territory text NOT NULL CONSTRAINT team_members_user_territory_check CHECK (user_territory ~ '^[a-z][a-z0-9-]{0,31}$'),
    user_id        uuid NOT NULL,
    role           text NOT NULL CONSTRAINT team_members_role_check CHECK (role IN ('owner', 'admin', 'editor', 'viewer', 'guest')),
    joined_at      timestamptz NOT NULL,
    version        bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (team_id, user_territory, user_id)
);
CREATE INDEX team_members_user_id_idx ON team_members (user_id, user_territory, team_id);

-- Of owners who leave at once the last one must notice. So each takes the team's row first, by writing it: locking it alone would let a
-- transaction with an older snapshot go on.
CREATE FUNCTION wbd.require_team_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.role = 'owner' AND NEW.team_id = OLD.team_id THEN
        RETURN NULL;
    END IF;
    UPDATE teams SET version = version WHERE id = OLD.team_id;
    IF FOUND AND NOT EXISTS (SELECT FROM team_members WHERE team_id = OLD.team_id AND role = 'owner') THEN
        RAISE EXCEPTION 'the last owner of a team stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'team_members_last_owner';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER team_members_last_owner AFTER UPDATE OR DELETE ON team_members
    FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION wbd.require_team_owner();

CREATE TABLE projects (
    id          uuid PRIMARY KEY,
    owner_id    uuid NOT NULL REFERENCES users (id),
    team_id     uuid REFERENCES teams (id) ON DELETE SET NULL,
    name        text NOT NULL CONSTRAINT projects_name_check CHECK (length(name) BETWEEN 1 AND 200),
    slug        text NOT NULL CONSTRAINT projects_slug_check CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    description text CONSTRAINT projects_description_check CHECK (length(description) <= 2000),
    visibility  text NOT NULL CONSTRAINT projects_visibility_check CHECK (visibility IN ('private', 'team', 'public')),
    status      text NOT NULL CONSTRAINT projects_status_check CHECK (status IN ('active', 'archived')),
    settings    jsonb,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL DEFAULT 1,
    CONSTRAINT projects_slug_key UNIQUE (owner_id, slug)
);
CREATE INDEX projects_owner_id_idx ON projects (owner_id, updated_at, id);
CREATE INDEX projects_team_id_idx ON projects (team_id, updated_at, id) WHERE team_id IS NOT NULL;
CREATE INDEX projects_status_idx ON projects (status, updated_at, id);

CREATE TABLE project_permissions (
    project_id     uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_territory text NOT NULL CONSTRAINT project_permissions_user_territory_check CHECK (user_territory ~ '^[a-z][a-z0-9-]{0,31}$'),
    user_id        uuid NOT NULL,
    role           text NOT NULL CONSTRAINT project_permissions_role_check CHECK (role IN ('owner', 'admin', 'editor', 'viewer', 'guest')),
    permissions    jsonb NOT NULL CONSTRAINT project_permissions_permissions_check CHECK (jsonb_typeof(permissions) = 'array'),
    granted_at     timestamptz NOT NULL,
    expires_at     timestamptz,
    version        bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (project_id, user_territory, user_id),
    CONSTRAINT project_permissions_expires_at_check CHECK (expires_at > granted_at)
);
CREATE INDEX project_permissions_user_id_idx ON project_permissions (user_id, user_territory, project_id);

CREATE TABLE deployment_configurations (
    id         uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name       text NOT NULL CONSTRAINT deployment_configurations_name_check CHECK (length(name) BETWEEN 1 AND 64),
    provider   text NOT NULL CONSTRAINT deployment_configurations_provider_check CHECK (provider IN ('vercel', 'netlify', 'custom')),
    settings   jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployment_configurations_name_key UNIQUE (project_id, name),
    CONSTRAINT deployment_configurations_project_id_id_key UNIQUE (project_id, id)
);

CREATE TABLE deployments (
    id               uuid PRIMARY KEY,
    project_id       uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    configuration_id uuid,
    status           text NOT NULL CONSTRAINT deployments_status_check CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled')),
    revision         text CONSTRAINT deployments_revision_check CHECK (length(revision) BETWEEN 1 AND 100),
    url              text CONSTRAINT deployments_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    error            text CONSTRAINT deployments_error_check CHECK (length(error) <= 2000),
    started_at       timestamptz NOT NULL,
    finished_at      timestamptz,
    version          bigint NOT NULL DEFAULT 1,
    CONSTRAINT deployments_configuration_id_fkey FOREIGN KEY (project_id, configuration_id)
        REFERENCES deployment_configurations (project_id, id) ON DELETE SET NULL (configuration_id),
    CONSTRAINT deployments_finished_at_check CHECK ((finished_at IS NULL) = (status = 'running'))
);
CREATE UNIQUE INDEX deployments_one_running_per_project ON deployments (project_id) WHERE status = 'running';
CREATE INDEX deployments_project_id_idx ON deployments (project_id, started_at, id);
CREATE INDEX deployments_project_id_status_idx ON deployments (project_id, status, started_at, id);
CREATE INDEX deployments_status_idx ON deployments (status, started_at, id);
CREATE INDEX deployments_configuration_id_idx ON deployments (configuration_id) WHERE configuration_id IS NOT NULL;

-- A host name is unique within the territory only, as an e-mail address is.
CREATE TABLE custom_domains (
    host                   text PRIMARY KEY CONSTRAINT custom_domains_host_check CHECK (
        length(host) <= 253 AND host ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    project_id             uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    status                 text NOT NULL CONSTRAINT custom_domains_status_check CHECK (status IN ('pending', 'verified', 'failed')),
    is_main                boolean NOT NULL,
    redirect_to            text CONSTRAINT custom_domains_redirect_to_check CHECK (length(redirect_to) BETWEEN 1 AND 253 AND redirect_to <> host),
    verification_token     text CONSTRAINT custom_domains_verification_token_check CHECK (length(verification_token) BETWEEN 1 AND 200),
    certificate_expires_at timestamptz,
    settings               jsonb,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    version                bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX custom_domains_one_main_per_project ON custom_domains (project_id) WHERE is_main;
CREATE INDEX custom_domains_project_id_idx ON custom_domains (project_id, host);
CREATE INDEX custom_domains_status_idx ON custom_domains (status, created_at, host);
CREATE INDEX custom_domains_certificate_expires_at_idx ON custom_domains (certificate_expires_at) WHERE certificate_expires_at IS NOT NULL;

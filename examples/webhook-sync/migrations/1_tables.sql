-- Understood by SQLite and PostgreSQL.
--
-- A row of a `synced_` table is the newest known state of an object. `version` is the time of that state, in milliseconds
-- since 1970. The row of a deleted object stays as a tombstone: `deleted_at` is set, and everything personal is null.
-- An email address is no key: it can move from one user to another, and the two events can arrive in either order.
-- Memberships have no foreign keys, because they can arrive before their user or organization.

CREATE TABLE synced_users (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    deleted_at BIGINT,
    created_at BIGINT,
    email_address TEXT,
    phone_number TEXT,
    username TEXT,
    first_name TEXT,
    last_name TEXT,
    image_url TEXT,
    public_metadata TEXT
);

CREATE TABLE synced_organizations (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    deleted_at BIGINT,
    created_at BIGINT,
    name TEXT,
    slug TEXT,
    image_url TEXT,
    public_metadata TEXT
);

CREATE TABLE synced_memberships (
    id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    deleted_at BIGINT,
    created_at BIGINT,
    user_id TEXT,
    organization_id TEXT,
    role TEXT,
    public_metadata TEXT
);

-- Messages that were applied, so that each is applied once. Those that are a month old can be deleted: Clerk has long given up
-- on them, and the versions keep an older state from being applied. `payload` is set for messages that changed no table: those of
-- unknown types, and those that could not be read.
CREATE TABLE webhook_messages (
    id TEXT PRIMARY KEY,
    event_type TEXT NOT NULL,
    occurred_at BIGINT,
    payload TEXT
);

-- What applications read.

CREATE VIEW users AS
SELECT id, email_address, phone_number, username, first_name, last_name, image_url, public_metadata, created_at
FROM synced_users WHERE deleted_at IS NULL;

CREATE VIEW organizations AS
SELECT id, name, slug, image_url, public_metadata, created_at
FROM synced_organizations WHERE deleted_at IS NULL;

-- A membership ends with its user or organization, even if no event says so.
CREATE VIEW memberships AS
SELECT id, user_id, organization_id, role, public_metadata, created_at
FROM synced_memberships
WHERE deleted_at IS NULL
    AND user_id NOT IN (SELECT id FROM synced_users WHERE deleted_at IS NOT NULL)
    AND organization_id NOT IN (SELECT id FROM synced_organizations WHERE deleted_at IS NOT NULL);

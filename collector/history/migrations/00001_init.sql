-- One schema for SQLite and PostgreSQL. Times are unix milliseconds. SQLite takes
-- any name of a type; BYTEA there holds the bytes as they are.

-- +goose Up
CREATE TABLE sources (
    id           BIGINT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    route        TEXT NOT NULL DEFAULT '',
    reach_from   BIGINT,
    reach_to     BIGINT,
    read_from    BIGINT,
    read_to      BIGINT,
    health_known SMALLINT NOT NULL DEFAULT 0
);

CREATE TABLE watermarks (
    source_id BIGINT NOT NULL,
    stream    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (source_id, stream)
);

-- The key holds the alertname and the labels so that its byte order is the order
-- in which episodes are listed; the id is a hash of it.
CREATE TABLE alerts (
    id  BIGINT PRIMARY KEY,
    key BYTEA NOT NULL
);
CREATE INDEX alerts_by_key ON alerts (key);

CREATE TABLE rule_groups (
    id  BIGINT PRIMARY KEY,
    key BYTEA NOT NULL
);

-- seen_from and seen_to are the part of an episode's life that was really looked
-- at; rows of one alert of one source never overlap in it. Shifts are other starts
-- that Prometheus recorded for the same episode after it was restarted.
CREATE TABLE episodes (
    source_id    BIGINT NOT NULL,
    alert_id     BIGINT NOT NULL,
    seen_from    BIGINT NOT NULL,
    seen_to      BIGINT NOT NULL,
    group_id     BIGINT NOT NULL,
    active_at    BIGINT NOT NULL,
    fired_at     BIGINT,
    resolved_at  BIGINT,
    active_edge  SMALLINT NOT NULL,
    fired_edge   SMALLINT NOT NULL,
    ended_edge   SMALLINT NOT NULL,
    gaps         BIGINT NOT NULL,
    bridged      BIGINT NOT NULL,
    replicas     BIGINT NOT NULL,
    pipeline     TEXT NOT NULL,
    shifts       TEXT NOT NULL,
    PRIMARY KEY (source_id, alert_id, seen_from)
);
CREATE INDEX episodes_by_end ON episodes (source_id, seen_to);

CREATE TABLE spells (
    source_id BIGINT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    rule_group TEXT NOT NULL,
    PRIMARY KEY (source_id, from_at, kind, rule_group)
);

CREATE TABLE rules (
    source_id BIGINT NOT NULL,
    since     BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (source_id, since)
);

CREATE TABLE slis (
    id        BIGINT PRIMARY KEY,
    source_id BIGINT NOT NULL,
    slo       TEXT NOT NULL,
    labels    BYTEA NOT NULL,
    step      BIGINT NOT NULL,
    exact     SMALLINT NOT NULL,
    notes     TEXT NOT NULL
);
CREATE INDEX slis_by_slo ON slis (slo, source_id);

CREATE TABLE steps (
    sli_id  BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    body    BYTEA NOT NULL,
    PRIMARY KEY (sli_id, from_at)
);

-- Whatever is told in one piece: notifications, silences, acknowledgements,
-- incidents, findings.
CREATE TABLE documents (
    kind      TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    id        TEXT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT NOT NULL,
    version   BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (kind, source_id, id)
);
CREATE INDEX documents_by_time ON documents (kind, from_at);

CREATE TABLE reports (
    name      TEXT NOT NULL,
    from_at   BIGINT NOT NULL,
    to_at     BIGINT NOT NULL,
    form      TEXT NOT NULL,
    made_at   BIGINT NOT NULL,
    size      BIGINT NOT NULL,
    body      BYTEA NOT NULL,
    PRIMARY KEY (name, from_at, to_at, form)
);

CREATE TABLE claims (
    name       TEXT NOT NULL,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL,
    holder     TEXT NOT NULL,
    claimed_at BIGINT NOT NULL,
    until_at   BIGINT NOT NULL,
    done_at    BIGINT,
    PRIMARY KEY (name, from_at, to_at)
);

-- +goose Down
DROP TABLE claims;
DROP TABLE reports;
DROP TABLE documents;
DROP TABLE steps;
DROP TABLE slis;
DROP TABLE rules;
DROP TABLE spells;
DROP TABLE episodes;
DROP TABLE rule_groups;
DROP TABLE alerts;
DROP TABLE watermarks;
DROP TABLE sources;

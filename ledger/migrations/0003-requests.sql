-- Idempotency keys: the same key from the same subject gets the first answer again. No status yet: still running.
create table requests (
  subject text not null,
  key text not null,
  fingerprint text not null,
  started_at timestamptz not null,
  status integer,
  body text,
  primary key (subject, key)
);
create index requests_started on requests (started_at);

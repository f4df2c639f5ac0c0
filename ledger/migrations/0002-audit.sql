-- Head of each chain; its row is locked while an event is appended.
create table audit_heads (
  chain text primary key,
  sequence bigint not null default 0,
  at timestamptz not null default '-infinity',
  hash text not null default repeat('0', 64)
);

-- `event` is the RFC 8785 text that was hashed; the other columns are derived from it and can't say anything else.
-- hash = SHA-256(previous hash || event). No foreign key leads here: deleting a tenant must not delete its history.
create table audit_events (
  chain text not null,
  sequence bigint not null,
  event text not null,
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  request_id text not null generated always as (event::jsonb ->> 'requestId') stored,
  phase text not null generated always as (event::jsonb ->> 'phase') stored,
  action text not null generated always as (event::jsonb ->> 'action') stored,
  primary key (chain, sequence),
  unique (chain, request_id, phase, action),
  check (chain = event::jsonb ->> 'chain' and sequence = (event::jsonb ->> 'sequence')::bigint),
  check (phase in ('intended', 'done', 'failed', 'noted'))
);
create index audit_events_request on audit_events (request_id);
create index audit_events_intended on audit_events (chain, request_id, action) where phase = 'intended';

-- Grants are no boundary for an owner or on PGlite; these triggers stop both.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'The audit log is append-only.' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_no_change before update or delete on audit_events for each row execute function refuse_audit_change();
create trigger audit_events_no_truncate before truncate on audit_events for each statement execute function refuse_audit_change();
create trigger audit_heads_no_delete before delete on audit_heads for each row execute function refuse_audit_change();
create trigger audit_heads_no_truncate before truncate on audit_heads for each statement execute function refuse_audit_change();

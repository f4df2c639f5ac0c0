-- People behind the opaque ids of the state. The only place that knows names and addresses, so the only place to erase them.
create table people (
  id text primary key check (id ~ '^usr_[a-z0-9]{16}$'),
  display_name text,
  email text,
  created_at timestamptz not null default now()
);
create unique index people_email on people (lower(email)) where email is not null;

-- API tokens, as SHA-256 of the token. A token speaks for one person or for one service account of a tenant.
create table tokens (
  id text primary key check (id ~ '^tok_[a-z0-9]{16}$'),
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  person text references people (id),
  tenant text,
  service_account text,
  description text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  check ((person is not null and tenant is null and service_account is null) or (person is null and tenant is not null and service_account is not null))
);
create index tokens_person on tokens (person) where person is not null;
create index tokens_service_account on tokens (tenant, service_account) where tenant is not null;

-- Revocation that never waits for Git: whoever stands here is refused at once.
create table denied (
  kind text not null check (kind in ('person', 'serviceAccount', 'token')),
  id text not null,
  reason text not null,
  denied_by text not null,
  denied_at timestamptz not null default now(),
  primary key (kind, id)
);

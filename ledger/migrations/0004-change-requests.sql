-- Progress of change requests. What is requested stands in Git, on refs/heads/requests/<number>; `commit` is its commit.
-- `opening`: numbered, its branch is being made. `merge_request`: the Request-Id of a merge under way, to be settled from Git after a crash.
create table change_requests (
  number integer primary key generated always as identity,
  tenant text,
  title text not null,
  author text not null,
  request_id text not null,
  status text not null default 'opening' check (status in ('opening', 'open', 'merged', 'closed')),
  commit text check (commit ~ '^[0-9a-f]{40}$'),
  revision integer not null default 1,
  auto_merge boolean not null default false,
  merge_request text,
  merged_commit text check (merged_commit ~ '^[0-9a-f]{40}$'),
  settled_by text,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (author, request_id),
  check (status = 'opening' or commit is not null),
  check ((status = 'merged') = (merged_commit is not null))
);
create index change_requests_tenant on change_requests (tenant, number);
create index change_requests_unsettled on change_requests (number) where status = 'opening' or merge_request is not null;

-- An approval is of a plan, by its hash; another plan needs it anew.
create table change_approvals (
  number integer not null references change_requests (number),
  person text not null references people (id),
  plan_hash text not null check (plan_hash ~ '^[0-9a-f]{64}$'),
  approved_at timestamptz not null,
  primary key (number, person)
);

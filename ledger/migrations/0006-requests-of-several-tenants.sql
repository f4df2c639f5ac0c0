-- The tenants whose files a change request changes: `tenant` is set when there is one and nothing else changes, and may see all of
-- it; of several, each may see its part. Known once the branch is made.
alter table change_requests add column concerns text[] not null default '{}';
update change_requests set concerns = array[tenant] where tenant is not null;
drop index change_requests_tenant;
create index change_requests_concerns on change_requests using gin (concerns);

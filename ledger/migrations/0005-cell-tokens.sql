-- Credentials of cells: whoever shows one may read that cell's publication, and nothing else.
alter table tokens add column cell text;
alter table tokens drop constraint tokens_check;
alter table tokens add check (
  (person is not null and tenant is null and service_account is null and cell is null)
  or (person is null and tenant is not null and service_account is not null and cell is null)
  or (person is null and tenant is null and service_account is null and cell is not null)
);
create index tokens_cell on tokens (cell) where cell is not null;
